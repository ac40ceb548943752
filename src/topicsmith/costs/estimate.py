"""What a project will cost before a cent is spent: labelling, training and serving, from counts of real tokens.

Every figure says what it rests on, and one whose price is not known says so and is left out of the sum, which is then
a lower bound. Nothing is asked of any service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean
from typing import Any, Literal

from topicsmith.classifiers.base import Charge, charge_of, traits_of
from topicsmith.classifiers.prompted.settings import PromptedSettings
from topicsmith.labels.samples import examples_of
from topicsmith.llm.deprecations import model_status
from topicsmith.llm.prices import Price, Rate, cost, given_price, machine_price, price, training_price
from topicsmith.llm.prompts import AnswerForm, Prompt
from topicsmith.llm.providers import thinking_room
from topicsmith.llm.types import OWN_SERVERS, PAID_SERVICES
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import Example, Usage
from topicsmith.service_settings import ServiceSettings
from topicsmith.taxonomy import Taxonomy

Purpose = Literal["labelling", "adjudicating", "training", "evaluating", "serving"]

REASONING_TOKENS = 120
"""What a sentence or two of reasoning takes; the reference experiment saw means of 95 to 358."""

DISAGREED_SHARE = 0.222
"""The share of rows that go to an adjudicator: what two annotators disagreed on in the reference experiment."""

DEFAULT_EPOCHS = 3
SHOWN_FRAME_TOKENS = 6
"""What stands around an example that a prompt shows, besides its text and its answer."""

_HOURS_A_MONTH = 730


@dataclass(frozen=True, slots=True)
class Tokens:
    """Mean tokens of one question and of its answer; both are means over the sample."""

    question: float
    answer: float


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """One thing that costs.

    Attributes:
        purpose: what for.
        name: the annotator or candidate.
        usd: what it will cost, ``None`` when that is not known.
        unit: what ``usd`` is for: ``once``, ``per 1,000 texts`` or ``per month``; ``instead`` is what the line before
            would cost with the model that stands in for one that ends, and is in no sum.
        basis: the arithmetic, in words.
        source: where the price comes from, and of which day.
    """

    purpose: Purpose
    name: str
    usd: float | None
    unit: Literal["once", "per 1,000 texts", "per month", "instead"]
    basis: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """All lines; ``once_usd`` adds up what is paid once and known, ``unknown`` names what is not in it."""

    lines: tuple[EstimateLine, ...]
    warnings: tuple[str, ...]
    rows: int
    sampled: int

    @property
    def once_usd(self) -> float:
        """What is paid once, as far as its price is known."""
        return sum(line.usd for line in self.lines if line.unit == "once" and line.usd is not None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What has no known price, so that :attr:`once_usd` is only a lower bound where it is paid once."""
        return tuple(f"{line.purpose} by {line.name}" for line in self.lines if line.usd is None)


def labelling_usd(rows: float, tokens: Tokens, price: Price | None, *, batch: bool = False) -> float | None:
    """Dollars for ``rows`` questions, ``None`` when the price is not known.

    >>> sonnet = Price("anthropic:claude-sonnet-4-5", 3.0, 15.0)
    >>> labelling_usd(10_000, Tokens(270, 89), sonnet)
    21.45
    """
    one = Usage(round(tokens.question), round(tokens.answer))
    if cost(one, price, batch=batch) is None or price is None:
        return None
    share = price.batch_share if batch and price.batch_share is not None else 1.0
    return rows * (tokens.question * price.input_usd + tokens.answer * price.output_usd) * share / 1_000_000


def training_usd(tokens: float, epochs: int, rate: Rate | None) -> float | None:
    """Dollars for a hosted fine-tuning: billable tokens are the tokens of the training set times the epochs.

    The reference experiment's $19.25 is what 35 million billable tokens cost at $0.55 a million, 10 epochs over 3.5
    million; where it writes 350 thousand tokens and 3.5 million billable ones, a factor of ten is lost (those would
    cost $1.925). Its bill of $19.81 stands for 36 million.

    >>> from datetime import date
    >>> training_usd(3_500_000, 10, Rate(0.55, "million tokens", date(2025, 12, 5), ""))
    19.25
    """
    return None if rate is None else round(tokens * epochs * rate.usd / 1_000_000, 10)


def count_tokens(
    prompt: Prompt,
    taxonomy: Taxonomy,
    texts: Sequence[str],
    form: AnswerForm,
    count: Callable[[str], int],
    shown: int = 0,
) -> Tokens:
    """Mean tokens of the rendered questions about ``texts``, and of an answer that names a topic.

    ``shown`` is how many examples with their answers each question carries; they count as long as the mean text.
    """
    reasoning = prompt.reasoning
    deep = any(topic.subtopics for topic in taxonomy.topics)
    questions = [
        prompt.render(text, taxonomy, answer=form, subtopics=deep, reasoning=reasoning) for text in texts or [""]
    ]
    answers = [
        prompt.target(
            Example("", "", topic.name, topic.subtopics[0].name if topic.subtopics else None),
            taxonomy, answer=form, subtopics=deep, reasoning=reasoning,
        )
        for topic in taxonomy.topics
    ]  # fmt: skip
    written = fmean(count(answer) for answer in answers) + (REASONING_TOKENS if reasoning else 0)
    question = fmean(count(system) + count(user) for system, user in questions)
    example = fmean(count(text) for text in texts or [""]) + written + SHOWN_FRAME_TOKENS
    return Tokens(question + shown * example, written)


class Estimator:
    """Works out the lines of one project on one day; ``prompts`` gives a prompt by its name or path."""

    def __init__(
        self,
        project: Project,
        texts: Sequence[str],
        rows: int,
        on: date,
        count: Callable[[str], int],
        prompts: Callable[[str], Prompt],
    ) -> None:
        """``texts`` is a sample of the ``rows`` queries; ``count`` gives the tokens of a text."""
        self._project = project
        prompted = [candidate for candidate in project.candidates if isinstance(candidate, PromptedSettings)]
        own = {each.model: each.service for each in prompted if each.service is not None}
        self._services = {**own, **project.labeling.services}
        self._asked = {name: service.asked(name) for name, service in self._services.items()}
        self._texts = texts
        self._rows = rows
        self._on = on
        self._count = count
        self._prompts = prompts

    def estimate(self) -> RunEstimate:
        """Every line, in the order in which the money is spent."""
        labeling = self._project.labeling
        lines = []
        for name in labeling.annotators:
            lines += [self._labelling(name), *self._standing_in(name)]
        if labeling.adjudicator is not None:
            lines.append(self._adjudicating(labeling.adjudicator))
        for candidate in self._project.candidates:
            lines.extend(self._candidate(candidate))
        found = RunEstimate(tuple(lines), (), self._rows, len(self._texts))
        return replace(found, warnings=tuple(self._warnings(found)))

    def _tokens(self, prompt: str, form: AnswerForm, shown: int = 0) -> Tokens:
        return count_tokens(self._prompts(prompt), self._project.taxonomy, self._texts, form, self._count, shown)

    def _labelling(self, name: str) -> EstimateLine:
        samples = self._project.labeling.samples
        what = "rows" if samples == 1 else f"answers, {samples} a row,"
        return self._asking("labelling", name, name, samples * self._rows, what, self._labelling_tokens())

    def _standing_in(self, name: str) -> list[EstimateLine]:
        """What labelling costs with the model that stands in for ``name``, where that one is gone or soon will be."""
        found = model_status(self._asked.get(name, name), self._on)
        if found.ending is None or found.ending.replacement is None or not (found.retired or found.near):
            return []
        line = self._labelling(f"{found.ending.provider}:{found.ending.replacement}")
        when = "is gone since" if found.retired else "ends on"
        return [replace(line, unit="instead", basis=f"{name} {when} {found.ending.shutdown}; {line.basis}")]

    def _adjudicating(self, name: str) -> EstimateLine:
        rows = round(self._rows * DISAGREED_SHARE)
        what = f"rows, if annotators disagree on {DISAGREED_SHARE:.0%},"
        return self._asking("adjudicating", name, name, rows, what, self._labelling_tokens())

    def _labelling_tokens(self) -> Tokens:
        labeling = self._project.labeling
        shown = len(examples_of(self._project.taxonomy, labeling.examples))
        return self._tokens(labeling.prompt, labeling.answer, shown)

    def _asking(self, purpose: Purpose, name: str, model: str, rows: int, what: str, tokens: Tokens) -> EstimateLine:
        provider = model.partition(":")[0]
        asked = self._asked.get(model, model)
        given = given_price(model, self._services.get(model, ServiceSettings()).price)
        if provider in OWN_SERVERS and given is None:
            return EstimateLine(
                purpose, name, None, "once", "a server of your own, or a gateway: its price is not known here"
            )
        if provider not in PAID_SERVICES and given is None:
            return EstimateLine(purpose, name, 0.0, "once", "no model is asked")
        batch = self._project.labeling.mode == "batch" and purpose in {"labelling", "adjudicating"}
        found = given or price(asked, self._on)
        usd = labelling_usd(rows, tokens, found, batch=batch)
        basis = f"{rows:,} {what} x ({tokens.question:,.0f} tokens in, {tokens.answer:,.0f} out)" + _at(found, batch)
        thoughts = thinking_room(asked)
        more = labelling_usd(rows, Tokens(0, thoughts), found, batch=batch) if thoughts else None
        if more is not None:
            basis += f"; reasoning tokens, if any, up to ${more:,.2f} more"
        return EstimateLine(purpose, name, usd, "once", basis, _source(found))

    def _candidate(self, candidate: CandidateSettings) -> list[EstimateLine]:
        """The lines of a candidate that a service is paid for; one that runs on a machine of one's own has none."""
        traits = traits_of(candidate.kind)
        if not traits.remote or candidate.model_name is None:
            return []
        settings = {**candidate.model_dump(), "model": candidate.model_name, "prompt": candidate.prompt_name or "v2"}
        return self._hosted(settings, charge_of(candidate)) if traits.trained else self._prompted(settings)

    def _prompted(self, settings: Mapping[str, Any]) -> list[EstimateLine]:
        name, model, split = settings["name"], settings["model"], self._project.split
        tokens = self._tokens(settings["prompt"], settings.get("answer", "json"), settings.get("examples", 0))
        held_back = round(self._rows * (split.validation + split.test))
        once = self._asking("evaluating", name, model, held_back, "held-out rows", tokens)
        return [once, replace(self._asking("serving", name, model, 1000, "texts", tokens), unit="per 1,000 texts")]

    def _hosted(self, settings: Mapping[str, Any], charge: Charge) -> list[EstimateLine]:
        name, split = settings["name"], self._project.split
        rows = round(self._rows * (1 - split.validation - split.test))
        tokens = self._tokens(settings["prompt"], "json")
        billable = rows * (tokens.question + tokens.answer)
        rate = training_price(charge.training_at, self._on)
        turns = settings.get("epochs") or DEFAULT_EPOCHS
        basis = f"{billable:,.0f} tokens ({rows:,} rows before balancing) x {turns} epochs"
        train = EstimateLine(
            "training", name, training_usd(billable, turns, rate), "once",
            basis + (f" x ${rate.usd:g} per million" if rate else ": no known price"),
            f"{rate.source} ({rate.since})" if rate else "",
        )  # fmt: skip
        return [train, self._endpoint(name, charge.answers_at)]

    def _endpoint(self, name: str, machine: str) -> EstimateLine:
        rate = machine_price(machine, self._on)
        if rate is None:
            return EstimateLine(
                "serving", name, None, "per month", "the price of serving a fine-tuned model is not known"
            )
        basis = f"a dedicated endpoint, ${rate.usd:g} an hour, day and night"
        return EstimateLine(
            "serving", name, rate.usd * _HOURS_A_MONTH, "per month", basis, f"{rate.source} ({rate.since})"
        )

    def _warnings(self, found: RunEstimate) -> list[str]:
        models = [*self._project.labeling.annotators, self._project.labeling.adjudicator]
        models += [candidate.model_name for candidate in self._project.candidates]
        named = dict.fromkeys(model for model in models if isinstance(model, str) and ":" in model)
        warnings = [model_status(self._asked.get(model, model), self._on).message for model in named]
        warnings += [f"no known price: {what}; it is not in the sum" for what in found.unknown]
        budget = self._project.labeling.budget_usd
        asked = [line for line in found.lines if line.purpose in {"labelling", "adjudicating"} and line.unit == "once"]
        labelling = sum(line.usd or 0.0 for line in asked)
        if budget is not None and labelling > budget:
            warnings.append(
                f"labelling will stop early: about ${labelling:,.2f} is needed and labeling.budget_usd is ${budget:g}"
            )
        return [warning for warning in warnings if warning]


def _at(found: Price | None, batch: bool) -> str:
    if found is None:
        return ": no known price"
    half = f", a batch at {found.batch_share:.0%}" if batch and found.batch_share else ""
    return f" at ${found.input_usd:g} and ${found.output_usd:g} per million{half}"


def _source(found: Price | None) -> str:
    if found is None:
        return ""
    return f"{found.source} ({found.since})" if found.since else found.source
