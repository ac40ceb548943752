"""What a thousand answers of each candidate cost: by tokens, by minutes of an endpoint, or by hours of a machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from statistics import fmean

from topicsmith.classifiers.base import Metered, charge_of
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.costs.cost import Serving, TokenPrice, serving_by_time, serving_by_tokens
from topicsmith.llm.prices import machine_price, price
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import Usage
from topicsmith.runs import RunFolder


@dataclass(frozen=True)
class ServingCosts:
    """Works out what answers of the candidates of one run cost, at the prices of one day.

    ``texts`` are the held-back texts, which every candidate was asked about; ``usd_per_hour`` is the project's machine.
    """

    project: Project
    run: RunFolder
    texts: Sequence[str]
    usd_per_hour: float | None
    day: date

    def of(
        self, candidate: CandidateSettings, about: Mapping[str, object], texts_per_s: float | None, share: float = 1.0
    ) -> Serving | None:
        """The cost of ``candidate``'s answers, ``None`` where it is not known.

        Args:
            candidate: whose answers.
            about: what its model folder says; a price in it (``usd_per_1k``) is believed.
            texts_per_s: what it answers under load; failures are not among them, so that they are paid for.
            share: of the project's texts that come to it; an endpoint of its own is paid while it waits.
        """
        stated = about.get("usd_per_1k")
        if isinstance(stated, int | float):
            return Serving("tokens", float(stated), float(stated), detail="as its model folder says")
        charge = charge_of(candidate)
        if charge.usd_per_1k is not None:
            return Serving("tokens", charge.usd_per_1k, charge.usd_per_1k, detail="as its kind says")
        if charge.answers == "minutes":
            return self._by_minutes(charge.answers_at, texts_per_s, share)
        if charge.answers == "tokens":
            return self._by_tokens(candidate, charge.answers_at)
        return self._by_hours(texts_per_s) if charge.answers == "machine" else None

    def _by_hours(self, texts_per_s: float | None) -> Serving | None:
        if self.usd_per_hour is None or not texts_per_s:
            return None
        return serving_by_time(
            self.usd_per_hour,
            texts_per_s,
            utilisation=self.project.serving.utilisation,
            per_day=self.project.targets.per_day,
        )

    def _by_minutes(self, machine: str, texts_per_s: float | None, share: float) -> Serving | None:
        rate = machine_price(machine, self.day)
        if rate is None or not texts_per_s:
            return None
        per_day = self.project.targets.per_day
        return serving_by_time(
            rate.usd,
            texts_per_s,
            "minutes",
            utilisation=self.project.serving.utilisation,
            per_day=None if per_day is None else max(1, ceil(per_day * share)),
        )

    def _by_tokens(self, candidate: CandidateSettings, model: str) -> Serving | None:
        """By the tokens that the ledger has for the held-back texts, questions asked once more included."""
        found = price(model, self.day)
        asked = self._usage(candidate)
        answers = [usage for usages in asked for usage in usages]
        taken = [u.input_tokens for u in answers if u.input_tokens is not None]
        written = [u.output_tokens for u in answers if u.output_tokens is not None]
        if found is None or not answers or len(taken) < len(answers) or len(written) < len(answers):
            return None
        texts = sum(bool(usages) for usages in asked)
        paid = TokenPrice(found.input_usd, found.output_usd, found.source, str(found.since or self.day))
        return serving_by_tokens(fmean(taken), fmean(written), paid, len(answers) / texts - 1)

    def _usage(self, candidate: CandidateSettings) -> list[list[Usage]]:
        classifier = load_classifier(self.run.classifier(candidate.name))
        return classifier.usage(self.texts) if isinstance(classifier, Metered) else []
