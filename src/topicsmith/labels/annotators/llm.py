"""Annotators that ask a model: ``openai:MODEL``, ``anthropic:MODEL`` and the others of ``llm.providers``.

Keys and addresses come from environment variables alone; ``compatible:MODEL`` needs ``TOPICSMITH_BASE_URL``.
"""

import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from topicsmith.errors import ProjectError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext
from topicsmith.labels.questions import Questions, query_of
from topicsmith.labels.samples import by_vote, check_place, examples_of, total_usage
from topicsmith.llm.batches import check_batches
from topicsmith.llm.batches.run import BatchAnswerStream
from topicsmith.llm.deprecations import model_status
from topicsmith.llm.errors import Filtered, ProviderFailure, TooLarge
from topicsmith.llm.http import ClientSettings, check_address
from topicsmith.llm.parsing.replies import ParsedReply
from topicsmith.llm.prices import Price, cost, given_price, price
from topicsmith.llm.prompts import load_prompt
from topicsmith.llm.providers import NAMES, provider, thinking_room
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.requests.engine import AnswerStream, ask_all
from topicsmith.llm.requests.pacing import PacingSettings
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.shaping import body_digest
from topicsmith.llm.types import ChatRequest, Provider
from topicsmith.records import Annotation, AnnotationStatus, Query, Usage
from topicsmith.service_settings import ServiceSettings

OWN_MACHINES = ("vllm:", "ollama:")
_FAILED: Mapping[type[ProviderFailure], AnnotationStatus] = {TooLarge: "too_large", Filtered: "filtered"}


class PromptedAnnotator:
    """Asks one model about every query, with one prompt."""

    def __init__(
        self,
        name: str,
        questions: Questions,
        provider: Provider,
        ledger: Path,
        settings: EngineSettings,
        batch: bool = False,
    ) -> None:
        """``name`` is what the project file calls it; ``batch`` asks by the provider's batch interface."""
        self.name = name
        self._questions = questions
        self._provider = provider
        self._ledger = ledger
        self._settings = settings
        self._asking: AnswerStream | BatchAnswerStream | None = None
        self._batch = batch
        self._stopped = False

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        """One annotation per query that was asked, as the answers come; each is durable before it is given.

        Queries of the same text share one answer, whose cost and tokens stand at the first of them; they are 0 at
        the others.
        """
        asks = (ask for query in queries for ask in self._questions.asks(query))
        shared = repeats(queries)
        outcomes = self._in_batches(asks) if self._batch else self._online(asks)
        drawn: dict[str, list[Annotation]] = defaultdict(list)
        with closing(outcomes):
            for outcome in outcomes:
                query_id = query_of(outcome.id)
                said = to_annotation(outcome, self.name, self._questions, free=query_id in shared)
                drawn[query_id].append(said if said.query_id == query_id else replace(said, query_id=query_id))
                if len(drawn[query_id]) == self._questions.samples:
                    yield by_vote(drawn.pop(query_id), self._questions.taxonomy)

    def _online(self, asks: Iterator[Ask]) -> Generator[AskOutcome]:
        with ask_all(asks, self._provider, self._ledger, self._settings) as self._asking:
            if self._stopped:
                self._asking.stop()
            yield from self._asking

    def _in_batches(self, asks: Iterator[Ask]) -> Generator[AskOutcome]:
        self._asking = BatchAnswerStream(asks, self._provider, self._ledger, self._settings)
        if self._stopped:
            self._asking.stop()
        yield from self._asking

    def stop(self) -> None:
        """Send nothing more, from any thread: ``annotate`` ends when the calls under way have ended."""
        self._stopped = True
        if self._asking is not None:
            self._asking.stop()


def repeats(queries: Sequence[Query]) -> frozenset[str]:
    """The ids of queries whose text another one before them has."""
    seen: set[str] = set()
    found = []
    for query in queries:
        if query.text in seen:
            found.append(query.query_id)
        seen.add(query.text)
    return frozenset(found)


def to_annotation(outcome: AskOutcome, annotator: str, questions: Questions, *, free: bool = False) -> Annotation:
    """What an outcome says of its query: the last answer that names a topic, otherwise the last one's reason.

    ``free``: the answer is paid for by another query.
    """
    replies = [questions.read(paid.answer) for paid in outcome.answers]
    usage = Usage(0, 0, cost_usd=0.0)  # nothing was answered, nothing is billed
    if outcome.answers:
        usage = total_usage([paid.answer.usage for paid in outcome.answers])
    if free:
        usage = Usage(0, 0, 0, 0, None if usage.cost_usd is None else 0.0)
    last = outcome.answers[-1] if outcome.answers else None
    said = _best(replies, outcome.failure)
    return Annotation(
        outcome.id,
        annotator,
        said.topic,
        said.subtopic,
        said.status,
        said.reasoning,
        said.confidence,
        usage,
        last.latency_s if last else None,
        questions.asked or questions.model,
        last.answer.served_model if last else None,
        said.said,
        None if said.status in {"labelled", "abstained"} else said.detail or None,
    )


def _best(replies: Sequence[ParsedReply], failure: ProviderFailure | None) -> ParsedReply:
    labelled = [reply for reply in replies if reply.status == "labelled"]
    if replies:
        return (labelled or replies)[-1]
    named = [status for kind, status in _FAILED.items() if isinstance(failure, kind)]
    status: AnnotationStatus = named[0] if named else "failed"
    return ParsedReply(None, status, detail=str(failure or ""))


def _budget(settings: LabelingSettings, name: str, known: Price | None) -> float | None:
    """The budget to keep: none where the user's own machines answer, which send no bill unless a price is given."""
    if settings.budget_usd is None or (known is None and name.startswith(OWN_MACHINES)):
        return None
    if known is None:
        raise ProjectError(
            f"'budget_usd: {settings.budget_usd:g}' cannot be enforced: the price of '{name}' is not known; "
            "give its 'price' beside the 'model', remove the budget, or choose a model with a known price"
        )
    return settings.budget_usd


@dataclass(frozen=True)
class ConnectedModel:
    """A model at its service, ready to be asked.

    ``name`` is what the project file calls it, ``model`` the part of that after the provider, ``served`` what its
    service calls it, ``shape`` what its settings change in a request's body. ``engine`` says how to ask, all but what
    follows an answer; ``room`` is how much answers get.
    """

    name: str
    model: str
    served: str
    provider: Provider
    shape: str
    room: AnswerRoom
    engine: EngineSettings


def connect(name: str, context: AnnotatorContext) -> ConnectedModel:
    """The model called ``provider:model``, with the key, address, price, pace and budget it is asked with.

    Raises:
        UserError: when ``name`` is no model's, its key or address is missing, or a budget is set and its price unknown.
    """
    scheme, _, model = name.partition(":")
    if scheme not in NAMES or not model:
        raise ProjectError(
            f"'{name}' is not a language model; use provider:model, the provider one of {', '.join(NAMES)}"
        )
    settings = context.settings
    service = settings.services.get(name) or ServiceSettings()
    wire = provider(scheme, model, os.environ, service=service)
    check = wire.encode(ChatRequest(model, "", ""))
    check_address(check.url, check.headers)
    served = service.asked(name)
    advice = model_status(served).message
    if advice:
        context.progress.say(advice)
    batch = settings.mode == "batch"
    if batch:
        check_batches(wire)
    known = given_price(name, service.price) or price(served, datetime.now(UTC).date())
    room = AnswerRoom(thinking_room(served))
    engine = EngineSettings(
        pacing=PacingSettings(service.concurrency or settings.concurrency),
        client=ClientSettings() if service.timeout_s is None else ClientSettings(total_s=service.timeout_s),
        account=context.account,
        budget_usd=_budget(settings, name, known),
        held=context.held,
        cost=partial(cost, price=known, batch=batch),
        fit=room.fit,
        say=context.progress.say,
    )
    return ConnectedModel(name, model, served.partition(":")[2], wire, body_digest(service), room, engine)


def _make(scheme: str, model: str, context: AnnotatorContext) -> Annotator:
    settings = context.settings
    connected = connect(f"{scheme}:{model}", context)
    prompt = load_prompt(settings.prompt, context.project_folder)
    shown = context.examples or examples_of(context.taxonomy, settings.examples)
    check_place(prompt, settings.prompt, settings.examples)
    questions = Questions(
        model, prompt, context.taxonomy, settings.answer, shown, connected.shape, settings.samples, connected.served
    )
    engine = replace(connected.engine, follow_up=partial(questions.follow_up, connected.room))
    batch = settings.mode == "batch"
    return PromptedAnnotator(connected.name, questions, connected.provider, context.ledger, engine, batch)


def make_openai(model: str, context: AnnotatorContext) -> Annotator:
    """``openai:MODEL``; the key in ``OPENAI_API_KEY``."""
    return _make("openai", model, context)


def make_anthropic(model: str, context: AnnotatorContext) -> Annotator:
    """``anthropic:MODEL``; the key in ``ANTHROPIC_API_KEY``."""
    return _make("anthropic", model, context)


def make_google(model: str, context: AnnotatorContext) -> Annotator:
    """``google:MODEL``; the key in ``GOOGLE_API_KEY`` or ``GEMINI_API_KEY``."""
    return _make("google", model, context)


def make_together(model: str, context: AnnotatorContext) -> Annotator:
    """``together:MODEL``; the key in ``TOGETHER_API_KEY``."""
    return _make("together", model, context)


def make_vllm(model: str, context: AnnotatorContext) -> Annotator:
    """``vllm:MODEL``; the address in ``VLLM_BASE_URL``, a key, where there is one, in ``VLLM_API_KEY``."""
    return _make("vllm", model, context)


def make_ollama(model: str, context: AnnotatorContext) -> Annotator:
    """``ollama:MODEL``; the address in ``OLLAMA_BASE_URL``."""
    return _make("ollama", model, context)


def make_compatible(model: str, context: AnnotatorContext) -> Annotator:
    """``compatible:MODEL`` at ``TOPICSMITH_BASE_URL``; a key, where there is one, in ``TOPICSMITH_API_KEY``."""
    return _make("compatible", model, context)
