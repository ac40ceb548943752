"""What an edit of the topics would mean for the rows that a run has labelled; nothing is asked and nothing written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.carry_over.earlier_answers import AskedNow, EarlierAnswers, asked_under, earlier_answers
from topicsmith.runs import RunFolder
from topicsmith.tables import read_queries
from topicsmith.taxonomy import Taxonomy
from topicsmith.taxonomy_changes.history import TaxonomyVersion


@dataclass(frozen=True)
class EditEffects:
    """What becomes of the ``rows`` of ``run``: how many are ``carried`` over, and how many are put up for each reason.

    ``calls`` is how often models are asked for those that are put up, rulings of an adjudicator not counted;
    ``given_put_up`` are rows whose given topic was split or removed, which only the data can give another one.
    """

    run: str
    rows: int
    carried: int
    put_up: Mapping[str, int]
    calls: int
    given_put_up: int

    @property
    def lines(self) -> list[str]:
        """The same in sentences."""
        rows = sum(self.put_up.values())
        lines = []
        if self.carried or rows:
            asked = f", {self.calls:,} {'call' if self.calls == 1 else 'calls'}" if self.calls else ""
            lines.append(f"run {self.run}: {self.carried:,} rows carried over, {rows:,} put up again{asked}")
            lines += [f"  {count:,} rows: {reason}" for reason, count in self.put_up.items()]
        if self.given_put_up:
            lines.append(f"run {self.run}: {self.given_put_up:,} rows are given topics that are split or removed")
        return lines or [f"run {self.run}: no row was labelled by a model, none is asked again"]


def edit_effects(
    run: RunFolder, settings: LabelingSettings, prompt: str, taxonomy: Taxonomy, versions: Sequence[TaxonomyVersion]
) -> tuple[EditEffects, EarlierAnswers]:
    """What labelling ``run`` anew under ``taxonomy``, the last of ``versions``, would do, and the answers that stand.

    Raises:
        RunStateError: when a table of the run is damaged.
    """
    path = run.file("queries.parquet")
    queries = read_queries(path) if path.is_file() else []
    under = asked_under(settings, prompt, taxonomy)
    now = AskedNow(taxonomy, tuple(versions), under)
    earlier = earlier_answers(run, queries, now) if queries else EarlierAnswers()
    annotators = sum(name in under for name in settings.annotators)
    given = sum(query.topic is not None and taxonomy.was_divided(query.topic) for query in queries)
    calls = len(earlier.put_up) * annotators * settings.samples
    return EditEffects(run.name, len(queries), earlier.carried, earlier.reasons, calls, given), earlier
