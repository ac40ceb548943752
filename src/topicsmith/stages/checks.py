"""What can be known to be wrong before anything is labelled and paid for."""

import re
from collections import Counter
from collections.abc import Sequence

from topicsmith.classifiers.base import Checking
from topicsmith.classifiers.model_folder import MANIFEST, candidate_kind
from topicsmith.errors import TaxonomyError
from topicsmith.progress import plain
from topicsmith.project import Project
from topicsmith.records import Query
from topicsmith.runs import RunFolder
from topicsmith.suggestions import as_whole_numbers, did_you_mean
from topicsmith.taxonomy import Taxonomy


def check_candidates(project: Project, run: RunFolder) -> None:
    """Ask the kind of every candidate that has no model yet whether it could be fitted.

    Raises:
        UserError: what fitting would raise after everything else is done.
    """
    for candidate in project.candidates:
        kind = candidate_kind(candidate.kind)
        if isinstance(kind, Checking) and not (run.classifier(candidate.name) / MANIFEST).is_file():
            kind.check(candidate, project.folder)


_SHOWN = 10
_LONGEST = 60


def check_given_topics(queries: Sequence[Query], project: Project) -> None:
    """Whether the taxonomy has every topic that the input gives, and every subtopic where it has any.

    Raises:
        TaxonomyError: naming those it lacks, most frequent first, with their numbers of rows.
    """
    known = set(project.taxonomy.names)
    lacking = Counter(query.topic for query in queries if query.topic is not None and query.topic not in known)
    if not lacking:
        _check_given_subtopics(queries, project)
        return
    several = next((topic for topic in lacking if len(_known_parts(topic, project.taxonomy)) > 1), None)
    if several is not None:
        raise TaxonomyError(
            f"'{project.traces.topic}' gives several topics at once, such as '{plain(several)[:_LONGEST]}' in "
            f"{lacking[several]:,} rows, the first of them trace {_first(queries, several)}, but a text has one topic "
            "here; keep the one that matters most, or make a topic of the pair"
        )
    shown = _most_frequent([(f"'{plain(topic)[:_LONGEST]}'", rows) for topic, rows in lacking.most_common()])
    raise TaxonomyError(
        f"the taxonomy lacks topics that '{project.traces.topic or 'the input'}' gives: {shown}; the "
        f"first is of trace {_first(queries, *lacking)}; {as_whole_numbers(lacking)}add them, "
        "or name each under 'was' of the topic that it is now"
    )


def _check_given_subtopics(queries: Sequence[Query], project: Project) -> None:
    known = {topic.name: {subtopic.name for subtopic in topic.subtopics} for topic in project.taxonomy.topics}
    if not any(known.values()):
        return  # no candidate is taught subtopics
    lacking = Counter(
        (query.topic, query.subtopic)
        for query in queries
        if query.topic is not None and query.subtopic and query.subtopic not in known[query.topic]
    )
    if not lacking:
        return
    shown = _most_frequent(
        [(f"'{plain(sub)[:_LONGEST]}' of '{of}'", rows) for (of, sub), rows in lacking.most_common()]
    )
    given = project.traces.subtopic or "the input"
    topic, subtopic = next(iter(lacking))
    subs = [each for _, each in lacking]
    first = next(query.trace_id for query in queries if (query.topic, query.subtopic) == (topic, subtopic))
    raise TaxonomyError(
        f"the taxonomy lacks subtopics that '{given}' gives: {shown}; "
        f"the first is of trace {first}; {did_you_mean(subtopic, known[topic])}{as_whole_numbers(subs)}add them to "
        "their topics, or name each under 'was' of the subtopic that it is now"
    )


def _most_frequent(counts: Sequence[tuple[str, int]]) -> str:
    """The first of what is counted, with numbers of rows, and how many more there are."""
    shown = ", ".join(f"{what} ({rows:,} rows)" for what, rows in counts[:_SHOWN])
    return f"{shown} and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else shown


def _first(queries: Sequence[Query], *topics: str) -> str:
    """The trace of the first query that is given one of ``topics``."""
    return next(query.trace_id for query in queries if query.topic in topics)


def _known_parts(value: str, taxonomy: Taxonomy) -> list[str]:
    """The parts of a text that lists things, where each is a topic; nothing when one is none."""
    parts = [taxonomy.match(part) for part in re.split(r"[,;|/]", value) if part.strip()]
    return [part for part in parts if part is not None] if None not in parts else []
