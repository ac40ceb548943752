"""Answers that models gave under earlier versions of the taxonomy, and which of them still stand.

The answers of a run, and of the project's other runs, go in; out come those that are carried over under today's names,
and the rows that are put up again. What is carried over is not asked again, whatever the prompt says of topics now.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotators.base import Annotator, Stoppable
from topicsmith.labels.run_ledger import labeling_account
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.records import Annotation, Query, Usage
from topicsmith.runs import RunFolder
from topicsmith.service_settings import ServiceSettings
from topicsmith.tables import read_annotations, read_queries
from topicsmith.taxonomy import Taxonomy, to_document
from topicsmith.taxonomy_changes.changes import TaxonomyDiff
from topicsmith.taxonomy_changes.history import TaxonomyVersion, steps_since
from topicsmith.taxonomy_changes.rows import Row, carry_over
from topicsmith.taxonomy_file import from_document

ASKED = "asked_taxonomies.json"
"""The taxonomies by whose names the run's annotations went, by digest."""
ASKED_BEFORE = "asked_taxonomy.json"
"""The one taxonomy that earlier versions of topicsmith kept."""
FREE = ("table", "local")
"""Annotators that cost nothing: they are asked again, whatever they said."""


@dataclass(frozen=True)
class AskedNow:
    """How models are asked today: the taxonomy, its history, and by annotator a hash of what its answers rest on."""

    taxonomy: Taxonomy
    versions: tuple[TaxonomyVersion, ...]
    under: Mapping[str, str]


@dataclass(frozen=True)
class EarlierAnswers:
    """The answers that stand, by annotator and query, and why other rows are ``put_up`` again, by query.

    ``steps`` are the changes since the run was last labelled.
    """

    kept: Mapping[str, Mapping[str, Annotation]] = field(default_factory=dict)
    put_up: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[TaxonomyDiff, ...] = ()

    @property
    def carried(self) -> int:
        """How many rows have an answer that stands."""
        return len({query_id for answers in self.kept.values() for query_id in answers})

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows are put up for each reason, the most frequent first."""
        counts: dict[str, int] = defaultdict(int)
        for reason in self.put_up.values():
            counts[reason] += 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def asked_under(settings: LabelingSettings, prompt: str, taxonomy: Taxonomy) -> dict[str, str]:
    """By annotator that is paid, a hash of the topics and one of the settings that its answers rest on."""
    names = [*settings.annotators, *([settings.adjudicator] if settings.adjudicator else [])]
    found = {}
    for name in names:
        if name.partition(":")[0] in FREE:
            continue
        service = settings.services.get(name) or ServiceSettings()
        body = service.model_dump(mode="json", include={"body"})
        parts = [prompt, settings.answer, settings.examples, settings.samples, service.asked(name), body]
        digest = hashlib.blake2b(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
        found[name] = f"{taxonomy.digest}:{digest}"
    return found


def earlier_answers(run: RunFolder, queries: Sequence[Query], now: AskedNow) -> EarlierAnswers:
    """What ``run``, and where it is new the project's other runs that paid, know of ``queries``."""
    kept: dict[str, dict[str, Annotation]] = {name: {} for name in now.under}
    put_up: dict[str, str] = {}
    left = list(queries)
    steps: tuple[TaxonomyDiff, ...] = ()
    for source in _sources(run):
        if not left:
            break
        known = _Labelled.read(source, now)
        if known is None:
            continue
        steps = steps or known.steps
        carried = carry_over(known.rows, known.steps)
        for query in left:
            text = query.text
            if text in carried.put_up:
                put_up[query.query_id] = carried.put_up[text]
            for answer in _of(query, carried.carried.get(text, ()), known.paid_for):
                if answer.asked_under != now.under[answer.annotator]:
                    kept[answer.annotator][query.query_id] = answer
        left = [query for query in left if query.text not in known.rows]
    return EarlierAnswers({name: answers for name, answers in kept.items() if answers}, put_up, steps)


def _of(query: Query, row: Row, paid_for: Mapping[tuple[str, str], str]) -> Iterator[Annotation]:
    """The answers of a text as those of ``query``; what was paid counts at one query of the text only."""
    for answer in row:
        if paid_for.get((answer.annotator, query.text)) == query.query_id:
            yield replace(answer, query_id=query.query_id)
        else:
            usage = Usage(0, 0, 0, 0, None if answer.usage.cost_usd is None else 0.0)
            yield replace(answer, query_id=query.query_id, usage=usage)


def _sources(run: RunFolder) -> Iterator[RunFolder]:
    """The run itself, then others of the project that paid for labels, the newest first."""
    if run.file("annotations.parquet").is_file():
        yield run
    if not run.ledger.is_file():
        return
    beside = [RunFolder(path.parent) for path in run.ledger.parent.glob("*/annotations.parquet")]
    others = [each for each in beside if not each.path.is_symlink() and each.name != run.name]
    with Ledger(run.ledger) as ledger:
        paid = [each for each in others if ledger.spent(labeling_account(each.name)).answers]
    yield from sorted(paid, key=lambda each: -each.file("annotations.parquet").stat().st_mtime_ns)


@dataclass(frozen=True)
class _Labelled:
    """What one run knows: by text what was answered, the changes since, and which query of a text was paid for."""

    rows: Mapping[str, Row]
    steps: tuple[TaxonomyDiff, ...]
    paid_for: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, run: RunFolder, now: AskedNow) -> "_Labelled | None":
        """What stands in ``run``; ``None`` where it was never asked, or nobody knows any more what its names mean."""
        if not run.file("queries.parquet").is_file():
            return None
        annotations = [a for a in read_annotations(run.file("annotations.parquet")) if a.annotator in now.under]
        texts = {query.query_id: query.text for query in read_queries(run.file("queries.parquet"))}
        named = _named(run, annotations, now)
        if named is None:
            return None
        taxonomy, annotations = named
        rows: dict[str, dict[str, Annotation]] = defaultdict(dict)
        paid_for: dict[tuple[str, str], str] = {}
        for annotation in annotations:
            text, name = texts.get(annotation.query_id), annotation.annotator
            if text is None or annotation.status in {"pending", "failed"} or not _as_now(annotation, now):
                continue
            if name not in rows[text] or annotation.usage.input_tokens:
                rows[text][name] = annotation
                paid_for[name, text] = annotation.query_id
        found = {text: tuple(row.values()) for text, row in rows.items() if row}
        return cls(found, steps_since(now.versions, taxonomy, now.taxonomy), paid_for)


def _as_now(annotation: Annotation, now: AskedNow) -> bool:
    """Whether the annotator is asked today as it was then, the topics aside."""
    then = annotation.asked_under
    return then is not None and then.partition(":")[2] == now.under[annotation.annotator].partition(":")[2]


def _named(
    run: RunFolder, annotations: Sequence[Annotation], now: AskedNow
) -> tuple[Taxonomy, list[Annotation]] | None:
    """The taxonomy that has the names of a run's annotations, and these."""
    digest = next((a.named_by for a in annotations if a.named_by is not None), None)
    if digest is None:
        return _named_before(run, annotations, now)
    if digest == now.taxonomy.version_digest:
        return now.taxonomy, list(annotations)
    version = next((each for each in reversed(now.versions) if each.digest == digest), None)
    if version is not None:
        return version.taxonomy, list(annotations)
    kept = run.read(ASKED, dict[str, dict[str, object]]) if run.file(ASKED).is_file() else {}
    if digest not in kept:
        return None
    return from_document(kept[digest], run.file(ASKED)), list(annotations)


def _named_before(
    run: RunFolder, annotations: Sequence[Annotation], now: AskedNow
) -> tuple[Taxonomy, list[Annotation]] | None:
    """The same for a run of a version that kept one taxonomy, the one that models were asked under."""
    path = run.file(ASKED_BEFORE)
    if not path.is_file():
        return None
    asked = from_document(run.read_json(ASKED_BEFORE), path)
    topics = {a.topic for a in annotations if a.topic is not None}
    named = next((each for each in (asked, now.taxonomy) if topics <= set(each.names)), None)
    if named is None:
        return None
    return named, [
        replace(a, asked_under=f"{asked.digest}:{now.under[a.annotator].partition(':')[2]}") for a in annotations
    ]


def keep_taxonomies(run: RunFolder, now: AskedNow, annotations: Sequence[Annotation]) -> None:
    """Note today's taxonomy beside those that the run's annotations go by; to be done before they are written."""
    kept: dict[str, object] = {}
    if run.file(ASKED).is_file():
        kept |= run.read(ASKED, dict[str, dict[str, object]])
    before = {a.named_by for a in annotations}
    found = {digest: document for digest, document in kept.items() if digest in before}
    run.write_json(ASKED, {**found, now.taxonomy.version_digest: to_document(now.taxonomy)})


class WithEarlierAnswers:
    """An annotator that is asked only about queries of which it has no answer that stands."""

    def __init__(self, annotator: Annotator, kept: Mapping[str, Annotation], asked_under: str) -> None:
        """``kept`` are answers that stand, by query; what is newly answered bears ``asked_under``."""
        self.name = annotator.name
        self._annotator = annotator
        self._kept = kept
        self._asked_under = asked_under

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        """The answers that stand, then those to what is left, as they come."""
        left = [query for query in queries if query.query_id not in self._kept]
        yield from (self._kept[query.query_id] for query in queries if query.query_id in self._kept)
        if left:
            for annotation in self._annotator.annotate(left):
                yield replace(annotation, asked_under=self._asked_under)

    def stop(self) -> None:
        """Ask nothing more."""
        if isinstance(self._annotator, Stoppable):
            self._annotator.stop()


def with_earlier(annotators: Sequence[Annotator], earlier: EarlierAnswers, now: AskedNow) -> tuple[Annotator, ...]:
    """``annotators``, those that are paid asked only about what they have no answer to that stands."""
    return tuple(
        WithEarlierAnswers(each, earlier.kept.get(each.name, {}), now.under[each.name])
        if each.name in now.under
        else each
        for each in annotators
    )
