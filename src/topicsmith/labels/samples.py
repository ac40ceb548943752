"""Several answers to one question, and the examples a prompt shows: what one model alone can do for its labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import Prompt
from topicsmith.records import Annotation, Example, Usage
from topicsmith.taxonomy import Taxonomy


def by_vote(drawn: Sequence[Annotation], taxonomy: Taxonomy) -> Annotation:
    """One annotation out of several answers to one question: the topic most of them name, with its share.

    ``confidence`` is the share of all answers, also of those that name no topic; a tie goes to the topic that stands
    first in the taxonomy. Tokens, dollars and seconds are those of all answers. One answer is given back as it is.
    """
    if len(drawn) == 1:
        return drawn[0]
    votes = Counter(answer.topic for answer in drawn if answer.topic is not None)
    order = {name: place for place, name in enumerate(taxonomy.names)}
    winner = min(votes, key=lambda topic: (-votes[topic], order.get(topic, len(order))), default=None)
    chosen = next(answer for answer in drawn if answer.topic == winner)
    subtopics = Counter(answer.subtopic for answer in drawn if answer.topic == winner)
    latencies = [answer.latency_s for answer in drawn if answer.latency_s is not None]
    return replace(
        chosen,
        subtopic=subtopics.most_common(1)[0][0],
        confidence=votes[winner] / len(drawn) if winner is not None else None,
        usage=total_usage([answer.usage for answer in drawn]),
        latency_s=sum(latencies) if latencies else None,
    )


def total_usage(usages: Sequence[Usage]) -> Usage:
    """The sum of what several answers used; unknown as soon as one part is."""

    def total(values: list[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if values and len(known) == len(values) else None

    costs = [usage.cost_usd for usage in usages]
    known = [cost for cost in costs if cost is not None]
    return Usage(
        total([usage.input_tokens for usage in usages]),
        total([usage.output_tokens for usage in usages]),
        total([usage.cached_tokens for usage in usages]),
        total([usage.reasoning_tokens for usage in usages]),
        sum(known) if usages and len(known) == len(costs) else None,
    )


def examples_of(taxonomy: Taxonomy, number: int) -> tuple[Example, ...]:
    """Up to ``number`` examples of each topic, in turn, so that no topic's stand together."""
    rounds = [
        [Example("", topic.examples[place], topic.name) for topic in taxonomy.topics if place < len(topic.examples)]
        for place in range(number)
    ]
    return tuple(example for each in rounds for example in each)


def check_place(prompt: Prompt, name: str, number: int) -> None:
    """Make sure that a prompt can show ``number`` examples.

    Raises:
        ProjectError: when it has no place for them.
    """
    if number and "{examples}" not in prompt.system + prompt.user:
        raise ProjectError(
            f"'labeling.examples: {number}' but the prompt '{name}' has no place {{examples}}; use 'prompt: v2'"
        )
