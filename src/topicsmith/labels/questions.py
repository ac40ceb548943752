"""How a query becomes a question to a model, and what its answer says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from topicsmith.llm.parsing.replies import ParsedReply, read_answer
from topicsmith.llm.parsing.token_confidence import token_confidence
from topicsmith.llm.prompts import AnswerForm, Prompt
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.requests.types import Ask
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Example, Query
from topicsmith.taxonomy import Taxonomy

SAMPLING_TEMPERATURE = 1.0
"""At which several answers to one question are drawn: the model's own distribution."""

_SAMPLE = "\x1f"


def query_of(ask_id: str) -> str:
    """The query that a question belongs to."""
    return ask_id.partition(_SAMPLE)[0]


@dataclass(frozen=True)
class Questions:
    """How a query becomes a question to ``model``, as it is called here; ``asked`` is what its service calls it."""

    model: str
    prompt: Prompt
    taxonomy: Taxonomy
    form: AnswerForm
    examples: tuple[Example, ...] = ()
    shape: str = ""
    samples: int = 1
    asked: str = ""

    @cached_property
    def _subtopics(self) -> bool:
        return any(topic.subtopics for topic in self.taxonomy.topics)

    @cached_property
    def _schema(self) -> Mapping[str, object] | None:
        if self.form != "json":
            return None
        return self.prompt.schema(self.taxonomy, subtopics=self._subtopics, reasoning=self.prompt.reasoning)

    @cached_property
    def _room(self) -> int:
        return self.prompt.max_output_tokens(self.taxonomy, subtopics=self._subtopics, reasoning=self.prompt.reasoning)

    def asks(self, query: Query) -> Iterator[Ask]:
        """The question that labels ``query``, as often as it is to be answered; :func:`query_of` tells whose it is."""
        one = self.ask(query)
        if self.samples == 1:
            yield one
            return
        for number in range(self.samples):
            request = replace(one.request, temperature=SAMPLING_TEMPERATURE, seed=number)
            yield Ask(f"{query.query_id}{_SAMPLE}{number}", request)

    def ask(self, query: Query) -> Ask:
        """The question that labels ``query``."""
        system, user = self.prompt.render(
            query.text,
            self.taxonomy,
            answer=self.form,
            subtopics=self._subtopics,
            reasoning=self.prompt.reasoning,
            examples=self.examples,
        )
        request = ChatRequest(self.model, system, user, self._schema, self._room, shape=self.shape)
        return Ask(query.query_id, request)

    def follow_up(
        self, room: AnswerRoom, request: ChatRequest, answer: Answer, asked_before: int
    ) -> ChatRequest | None:
        """One more try for an answer that was cut off (with more ``room``) or that cannot be used (as it was)."""
        again = read_answer(answer, self.taxonomy).ask_again
        if again == "same":
            return request if asked_before == 0 else None
        return None if again is None else room.more(request, answer, asked_before)

    def read(self, answer: Answer) -> ParsedReply:
        """What ``answer`` says.

        Where it came with log-probabilities, its confidence is theirs and not what the model claims.
        """
        said = read_answer(answer, self.taxonomy)
        if answer.logprobs is not None and said.topic is not None:
            said = replace(said, confidence=token_confidence(answer, said.topic, self.taxonomy))
        return said
