"""Whether a change of the topics alters answers: annotators are asked about a sample of rows under the new wording.

Their answers are kept in the ledger, so that rows of the sample are not paid again when the project is labelled.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.records import Annotation, Query
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval, wilson
from topicsmith.tables import read_annotations, read_queries
from topicsmith.taxonomy_changes.changes import TaxonomyDiff

NOT_ASKED = "table:"
"""Annotators that nobody can ask: what they said stands in a column."""


@dataclass(frozen=True)
class SampledAnswers:
    """One annotator on the sample: of ``rows`` that it answered before and now, ``altered`` got another topic."""

    annotator: str
    rows: int
    altered: int
    share: Interval | None


@dataclass(frozen=True)
class WordingSample:
    """What a sample tells: ``of`` which rows it was drawn, and how each annotator answers them now."""

    of: str
    rows: int
    answers: tuple[SampledAnswers, ...]

    @property
    def altered(self) -> int:
        """How many answers are others than before."""
        return sum(each.altered for each in self.answers)

    @property
    def lines(self) -> list[str]:
        """The same in sentences."""
        if not self.rows:
            return ["sample: no row that was labelled before can be asked again under today's topics"]
        if not any(each.rows for each in self.answers):
            return [
                "sample: nobody can be asked: labels come from columns or from the data, which know no descriptions"
            ]
        lines = [f"sample: {self.rows:,} of {self.of}"]
        for each in self.answers:
            most = "" if each.share is None else f", at most {100 * each.share.high:.1f} % of such rows (95 %)"
            lines.append(f"  {each.annotator}: {each.altered:,} of {each.rows:,} answers are others now{most}")
        if not self.altered:
            lines.append("sample: the change alters no answer on these rows")
        return lines


def sample_answers(
    asking: AnnotatorContext, run: RunFolder, put_up: Mapping[str, str], steps: Sequence[TaxonomyDiff], size: int
) -> WordingSample:
    """Ask the annotators of ``asking`` about ``size`` rows of ``run`` under the topics of ``asking``.

    Drawn are rows that are ``put_up`` because a topic was reworded; where there are none, rows whose topics go on.

    Raises:
        UserError: when an annotator cannot be made.
        UpstreamError: when a service answers in a way that cannot be used.
    """
    queries = {query.query_id: query for query in read_queries(run.file("queries.parquet"))}
    before = _topics_before(read_annotations(run.file("annotations.parquet")), steps)
    known = [query_id for query_id in before if query_id in queries]
    reworded = [query_id for query_id in known if put_up.get(query_id, "").endswith("was reworded")]
    of = "the rows of reworded topics" if reworded else "the rows whose topics go on"
    drawn = random.Random(13).sample(sorted(reworded or known), min(size, len(reworded or known)))  # noqa: S311
    chosen: list[Query] = [queries[query_id] for query_id in drawn]
    annotators = [each for each in make_annotators(asking) if not each.name.startswith(NOT_ASKED)]
    said: dict[str, list[tuple[str, str | None]]] = {each.name: [] for each in annotators}
    for annotation in annotate(annotators, chosen, asking.progress) if chosen else ():
        if annotation.status not in {"pending", "failed"}:
            said[annotation.annotator].append((annotation.query_id, annotation.topic))
    return WordingSample(of, len(chosen), tuple(_compared(name, found, before) for name, found in said.items()))


def _topics_before(
    annotations: Sequence[Annotation], steps: Sequence[TaxonomyDiff]
) -> dict[str, dict[str, str | None]]:
    """By query and annotator the topic said, under today's names; without those whose topic is none any more."""
    found: dict[str, dict[str, str | None]] = {}
    for annotation in annotations:
        topic = annotation.topic
        for step in steps:
            topic = None if topic is None else step.names.get(topic)
        if annotation.status == "labelled" and topic is not None:
            found.setdefault(annotation.query_id, {})[annotation.annotator] = topic
    return found


def _compared(
    annotator: str, found: Sequence[tuple[str, str | None]], before: Mapping[str, Mapping[str, str | None]]
) -> SampledAnswers:
    pairs = [(topic, before[query_id][annotator]) for query_id, topic in found if annotator in before[query_id]]
    altered = sum(now != then for now, then in pairs)
    return SampledAnswers(annotator, len(pairs), altered, wilson(altered, len(pairs)) if pairs else None)
