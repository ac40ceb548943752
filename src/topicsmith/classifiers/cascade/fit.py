"""Fitting a cascade: its members answer the validation rows, and thresholds are chosen of which the target is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from topicsmith.classifiers.base import FitContext, Predictions, spend_as, traits_of
from topicsmith.classifiers.cascade.bounds import BoolArray, HeldRows
from topicsmith.classifiers.cascade.gate import calibrated, confidences
from topicsmith.classifiers.cascade.model import CascadeClassifier, Member, Rule
from topicsmith.classifiers.cascade.settings import CascadeSettings
from topicsmith.classifiers.cascade.teach import answers, taught
from topicsmith.classifiers.cascade.thresholds import AnsweredRows, Thresholds, for_accuracy, for_cost, usual_prices
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.errors import ProjectError, TrainingError
from topicsmith.llm.types import OWN_SERVERS, provider_of
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.statistics.clusters import near_copies

NO_LOSS = 0.01
"""How many right answers in all a first member that was taught may lose on validation rows."""


def fit_cascade(
    settings: CascadeSettings, train: TrainSet, validation: ValidationSet, context: FitContext
) -> CascadeClassifier:
    """Choose the thresholds; with ``teach``, fit the first member anew where that does not make it worse.

    Raises:
        ProjectError: when a member is not among the fitted candidates.
        TrainingError: when no validation row has a topic, or a member before the last gives no confidence.
    """
    members = [_member(name, settings, context) for name in settings.members]
    if not len(validation):
        raise TrainingError(
            f"candidate '{settings.name}': no validation row has a topic, and thresholds are chosen on them; "
            "label more rows or raise 'split.validation'"
        )
    for member in members:
        spend_as(member.model, "evaluate")
    fit = OnValidation(settings, validation, context)
    found = [answers(member, validation.texts, context) for member in members]
    made = fit.made(members, found)
    if not settings.teach:
        return made
    new, told = _taught_first(made, train, fit)
    if new is None:
        return CascadeClassifier(made.members, made.rule, context.taxonomy.names, {**made.training_notes, **told})
    again = answers(new, validation.texts, context)
    low = fit.sample.lower_difference(fit.right(again), fit.right(found[0]), 1 - settings.confidence)
    change = f"at least {low:.1%} more accurate" if low > 0 else f"at most {-low:.1%} less accurate"
    told["taught"] = f"{told['taught']}, which makes the first member {change}"
    if low < -NO_LOSS:
        told["taught"] = f"{told['taught']}; not kept, since a loss of more than {NO_LOSS:.0%} is not ruled out"
        return CascadeClassifier(made.members, made.rule, context.taxonomy.names, {**made.training_notes, **told})
    other = fit.made([new, *members[1:]], [again, *found[1:]])
    return CascadeClassifier(other.members, other.rule, context.taxonomy.names, {**other.training_notes, **told})


def _member(name: str, settings: CascadeSettings, context: FitContext) -> Member:
    fitted = context.others.get(name)
    if fitted is None:
        known = ", ".join(context.others) or "none"
        raise ProjectError(
            f"candidate '{settings.name}': the member '{name}' is not fitted; fitted candidates here: {known}"
        )
    return Member(name, fitted.settings.kind, load_classifier(fitted.folder), fitted.folder)


@dataclass(frozen=True)
class OnValidation:
    """Makes cascades of fitted members by the validation rows."""

    settings: CascadeSettings
    validation: ValidationSet
    context: FitContext

    @property
    def sample(self) -> HeldRows:
        """The validation rows."""
        ids = [row.query_id for row in self.validation]
        groups = near_copies(ids, {row.query_id: row.group for row in self.validation if row.group is not None})
        catch_all = self.context.taxonomy.catch_all
        outside = np.array([topic == catch_all for topic in self.validation.topics], np.bool_)
        return HeldRows(groups, outside, self.settings.catch_all_share)

    @property
    def risk(self) -> float:
        """Of each of the choices that may be made: with ``teach`` there are two."""
        return (1 - self.settings.confidence) / (2 if self.settings.teach else 1)

    def right(self, found: Predictions) -> BoolArray:
        """Which answers to the validation rows are right, (rows,)."""
        pairs = zip(found, self.validation, strict=True)
        return np.array([item.topic == row.topic for item, row in pairs], np.bool_)

    def odds(self) -> float:
        """How much greater the odds of the catch-all are among the texts to come."""
        share, rows = self.settings.catch_all_share, self.sample.outside
        if share is None:
            return 1.0
        if self.context.taxonomy.catch_all is None:
            raise ProjectError(
                f"candidate '{self.settings.name}': 'catch_all_share' is given, but no topic is marked "
                "'catch_all: true'; mark one or remove the setting"
            )
        here = (rows.sum() + 0.5) / (len(rows) + 1)
        return float(share / (1 - share) * (1 - here) / here)

    def made(self, members: Sequence[Member], found: Sequence[Predictions]) -> CascadeClassifier:
        """The cascade of ``members``, which ``found`` those answers to the validation rows.

        Raises:
            TrainingError: when a member before the last gives no confidence.
        """
        catch_all, odds = self.context.taxonomy.catch_all, self.odds()
        gates, sure = [], []
        for member, said in zip(members, found, strict=True):
            stated = confidences(said, member.model.topics, catch_all, odds)
            if member is not members[-1] and not (stated >= 0).any():
                raise TrainingError(
                    f"candidate '{self.settings.name}': the member '{member.name}' gives no confidence with its "
                    "answers, so nothing tells which to keep; name it last, or leave it out"
                )
            gate = calibrated(stated, self.right(said), odds)
            gates.append(gate)
            sure.append(gate.sure(said, member.model.topics, catch_all))
        right = np.stack([self.right(said) for said in found], axis=1)
        rows = AnsweredRows(right, np.stack(sure[:-1], axis=1), self.sample)
        choice = self._choice(rows)
        rule = Rule(tuple(gates), choice.thresholds, catch_all, all(said.probabilities is not None for said in found))
        return CascadeClassifier(members, rule, self.context.taxonomy.names, self._notes(choice, rows))

    def _choice(self, rows: AnsweredRows) -> Thresholds:
        own = self.settings
        prices = usual_prices(len(own.members))
        if own.usd_per_1k is not None:
            prices = tuple(own.usd_per_1k[name] for name in own.members)
        if own.most_sent is not None:
            return for_cost(rows, own.most_sent, self.risk, [0.0] * (len(own.members) - 1) + [1.0])
        if own.most_usd_per_1k is not None:
            return for_cost(rows, own.most_usd_per_1k, self.risk, prices)
        if isinstance(own.accuracy, float):
            return for_accuracy(rows, rows.sample.lower, own.accuracy, self.risk, prices)

        def lower(right: BoolArray, risk: float) -> float:
            return rows.sample.lower_difference(right, rows.right[:, -1], risk)

        return for_accuracy(rows, lower, -own.margin, self.risk, prices)

    def _notes(self, choice: Thresholds, rows: AnsweredRows) -> dict[str, object]:
        own = self.settings
        promise = f"{_wanted(own)}, with {own.confidence:.0%} confidence"
        if own.catch_all_share is not None:
            promise += f", where {own.catch_all_share:.1%} of texts are the catch-all's"
        if not choice.promised:
            shown = "" if choice.bound is None else f"; {_shown(own, choice.bound)} is shown, of the rule that is kept"
            promise = f"{promise}: not shown on {len(rows.sample):,} validation rows{shown}"
            self.context.progress.say(f"train: {own.name}: {promise}")
        return {
            "promise": promise,
            "promised": choice.promised,
            "accuracy on validation rows": round(choice.accuracy, 4),
            "reached": {name: round(share, 4) for name, share in zip(own.members, choice.reached, strict=True)},
            "thresholds": {
                name: "everything is sent on" if threshold > 1 else round(threshold, 4)
                for name, threshold in zip(own.members, choice.thresholds, strict=False)
            },
            "texts are sent to a service by": [name for name in own.members if self._leaves(name)] or "none",
        }

    def _leaves(self, name: str) -> bool:
        fitted = self.context.others.get(name)
        if fitted is None or not traits_of(fitted.settings.kind).remote:
            return False
        return provider_of(fitted.settings.model_name or "") not in OWN_SERVERS


def _wanted(own: CascadeSettings) -> str:
    if own.most_sent is not None:
        return f"at most {own.most_sent:.1%} of texts reach the last member"
    if own.most_usd_per_1k is not None:
        return f"a thousand texts cost at most ${own.most_usd_per_1k:g}"
    if isinstance(own.accuracy, float):
        return f"accuracy of at least {own.accuracy:.1%}"
    return f"accuracy at most {own.margin:.1%} below that of {own.members[-1]}"


def _shown(own: CascadeSettings, bound: float) -> str:
    return f"at least {bound:.1%}" if isinstance(own.accuracy, float) else f"at most {-bound:.1%} below"


def _taught_first(
    made: CascadeClassifier, train: TrainSet, fit: OnValidation
) -> tuple[Member | None, dict[str, object]]:
    """The first member fitted anew with answers of the last, where it gave any, and what is told of it."""
    own, context = fit.settings, fit.context
    first, last = own.members[0], made.members[-1]
    texts = list(context.unlabelled)
    order = np.random.default_rng(own.seed).permutation(len(texts)).tolist()
    sent: list[str] = []
    for start in range(0, len(order), 512):
        part = [texts[at] for at in order[start : start + 512]]
        sent += made.sent(part)
        if len(sent) >= own.teach:
            break
    sent = sent[: own.teach]
    if not sent:
        return None, {"taught": f"nothing: none of {len(texts):,} texts without a label was sent to {last.name}"}
    spend_as(last.model, "teach")
    said = answers(last, sent, context)
    work = context.work / "taught"
    work.mkdir(parents=True, exist_ok=True)
    new = taught(context.others[first].settings, sent, said, train, fit.validation, replace(context, work=work))
    if new is None:
        return None, {"taught": f"nothing: {last.name} gave none of {len(sent):,} texts a topic"}
    told: dict[str, object] = {} if new.usd is None else {"usd": new.usd}
    return new.member, told | {
        "taught": f"{first} learnt from {new.rows:,} answers of {last.name} to texts without a label"
    }
