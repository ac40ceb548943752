"""What training each candidate cost: as billed, by billable tokens, or by hours of a machine; and at a service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from topicsmith.classifiers.base import ComparableTraining, charge_of, traits_of
from topicsmith.costs.cost import TrainingCost, training_by_machine, training_by_tokens
from topicsmith.costs.estimate import count_tokens
from topicsmith.costs.model_size import parameters_of
from topicsmith.llm.prices import training_price
from topicsmith.llm.prompts import load_prompt
from topicsmith.llm.types import provider_of
from topicsmith.project import CandidateSettings, Project
from topicsmith.runs import RunFolder
from topicsmith.traces.token_counts import tokenizer

SAMPLE = 500


@dataclass(frozen=True)
class TrainingCosts:
    """Works out the training cost of the candidates of one project, at the prices of one day.

    ``texts`` are what tokens are counted on, like the texts trained on; ``usd_per_hour`` is what the project's machine
    costs, where it names one.
    """

    project: Project
    run: RunFolder
    texts: Sequence[str]
    usd_per_hour: float | None
    day: date

    def of(self, candidate: CandidateSettings, about: Mapping[str, object]) -> TrainingCost:
        """The cost of ``candidate``, whose model folder says ``about`` of its training."""
        if not traits_of(candidate.kind).trained:
            return TrainingCost("none", 0.0, "nothing is trained")
        usd, seconds = about.get("usd"), about.get("seconds")
        found: TrainingCost | None = None
        if isinstance(usd, int | float):
            found = TrainingCost("billed", float(usd), "as the service billed it")
        elif charge_of(candidate).training == "tokens":
            found = self._by_tokens(charge_of(candidate).training_at, about)
        elif isinstance(seconds, int | float):
            found = self._by_machine(float(seconds))
        return self._with_service(candidate, about, found or TrainingCost("machine", None, "its time is not known"))

    def _by_machine(self, seconds: float) -> TrainingCost:
        if self.usd_per_hour is None:
            return TrainingCost("machine", None, f"{_duration(seconds)}; the project names no machine ('serving')")
        usd = training_by_machine(seconds, self.usd_per_hour)
        return TrainingCost("machine", usd, f"{_duration(seconds)} at ${self.usd_per_hour:g} an hour")

    def _by_tokens(self, priced_at: str, about: Mapping[str, object]) -> TrainingCost:
        """A hosted job that came without a bill: the tokens it says it trained on, which count every epoch."""
        notes = about.get("notes")
        tokens = notes.get("tokens") if isinstance(notes, Mapping) else None
        rate = training_price(priced_at, self.day)
        if not isinstance(tokens, int):
            return TrainingCost("tokens", None, "the service named neither a price nor tokens")
        if rate is None:
            return TrainingCost("tokens", None, f"{tokens:,} billable tokens at an unknown price", tokens)
        usd = training_by_tokens(tokens, 1, rate.usd)
        return TrainingCost("tokens", usd, f"{tokens:,} billable tokens x ${rate.usd:g} per million", tokens)

    def _with_service(
        self, candidate: CandidateSettings, about: Mapping[str, object], cost: TrainingCost
    ) -> TrainingCost:
        """``cost`` with the size of the model, and what a service would ask to train it."""
        size = parameters_of(candidate.model_name, self.run.classifier(candidate.name), self.project.folder)
        sized = replace(cost, parameters=size)
        same = charge_of(candidate).comparable_training
        rate = training_price(same.priced_at, self.day) if same else None
        rows = _rows(about)
        if same is None or rate is None or rows is None:
            return sized
        each = self._tokens_per_row(same)
        usd = training_by_tokens(round(rows * each), same.epochs, rate.usd)
        detail = (
            f"about {each:,.0f} tokens a row x {rows:,} rows x {same.epochs} epochs x ${rate.usd:g} per million "
            f"({provider_of(same.priced_at)}, {rate.since})"
        )
        return replace(sized, billable_tokens=round(rows * each) * same.epochs, hosted_usd=usd, hosted_detail=detail)

    def _tokens_per_row(self, same: ComparableTraining) -> float:
        """Tokens of a question and its answer as the candidate renders its rows."""
        taxonomy, folder = self.project.taxonomy, self.project.folder
        if not same.subtopics:
            taxonomy = replace(taxonomy, topics=tuple(replace(topic, subtopics=()) for topic in taxonomy.topics))
        found = count_tokens(load_prompt(same.prompt, folder), taxonomy, self._sample, "json", self._count)
        return found.question + found.answer

    @property
    def _sample(self) -> Sequence[str]:
        return self.texts[:: max(1, len(self.texts) // SAMPLE)]

    @cached_property
    def _count(self) -> Any:
        return tokenizer(self.project.traces.tokenizer, self.project.folder).count


def _duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> _duration(0.14), _duration(468.3), _duration(7200)
    ('0.1 s', '468 s', '2.0 hours')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 1000 else f"{seconds / 3600:.1f} hours"


def _rows(about: Mapping[str, object]) -> int | None:
    """Training rows with their copies."""
    data = about.get("data")
    rows = data.get("training rows with copies") if isinstance(data, Mapping) else None
    return rows if isinstance(rows, int) else None
