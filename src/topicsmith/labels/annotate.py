"""Asking every annotator about every query: one row each, whatever happens."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from topicsmith import plugins
from topicsmith.errors import UpstreamError
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext, AnnotatorKind, Stoppable
from topicsmith.progress import Progress
from topicsmith.records import Annotation, Query


def make_annotator(name: str, context: AnnotatorContext) -> Annotator:
    """The annotator called ``name``, ``scheme:model``.

    Raises:
        UserError: when nobody offers the scheme, or its settings cannot work.
    """
    scheme, _, model = name.partition(":")
    kind = cast("AnnotatorKind", plugins.find("topicsmith.annotators", scheme))
    return kind(model, context)


def make_annotators(context: AnnotatorContext) -> tuple[Annotator, ...]:
    """The annotators of the project file, in its order; all are made before any is asked."""
    return tuple(make_annotator(name, context) for name in context.settings.annotators)


def annotate(annotators: Sequence[Annotator], queries: Sequence[Query], progress: Progress) -> list[Annotation]:
    """Ask each annotator, in a thread of its own, about all of ``queries``.

    Returns:
        Exactly one annotation per query and annotator, by query in the order given, then by annotator. Whoever said
        nothing about a query has a row with the status ``pending``.

    Raises:
        UpstreamError: when an annotator answers a query twice, or one it was not asked.
        TopicsmithError: what an annotator raised; the others are then stopped.
    """
    if not annotators:
        return []
    place = {query.query_id: index for index, query in enumerate(queries)}
    found: dict[tuple[int, int], Annotation] = {}
    with progress.task("labelling", len(queries) * len(annotators), "answers") as task:
        for number, annotation in _in_threads(annotators, queries):
            name = annotators[number].name
            at = place.get(annotation.query_id)
            if at is None:
                raise UpstreamError(f"the annotator '{name}' answered '{annotation.query_id}', which it was not asked")
            if (at, number) in found:
                raise UpstreamError(f"the annotator '{name}' answered the query '{annotation.query_id}' twice")
            found[at, number] = annotation
            task.advance(usd=annotation.usage.cost_usd or 0.0)
    return [
        found.get((at, number)) or Annotation(query.query_id, annotator.name, None, None, "pending")
        for at, query in enumerate(queries)
        for number, annotator in enumerate(annotators)
    ]


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


def _in_threads(annotators: Sequence[Annotator], queries: Sequence[Query]) -> Iterator[tuple[int, Annotation]]:
    """What the annotators say as they say it, with the annotator's number; stops them all when one fails."""
    answers: queue.Queue[tuple[int, Annotation | _End]] = queue.Queue()
    stop = threading.Event()

    def work(number: int, annotator: Annotator) -> None:
        try:
            for annotation in annotator.annotate(queries):
                answers.put((number, annotation))
                if stop.is_set():
                    break
        except BaseException as error:  # noqa: BLE001  # handed to the caller's thread and raised there
            answers.put((number, _End(error)))
        else:
            answers.put((number, _End()))

    threads = [
        threading.Thread(target=work, args=(number, annotator), name=annotator.name, daemon=True)
        for number, annotator in enumerate(annotators)
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _until_all_end(answers, len(threads))
    finally:
        stop.set()
        for annotator in annotators:
            if isinstance(annotator, Stoppable):
                annotator.stop()
        for thread in threads:
            thread.join()


def _until_all_end(
    answers: "queue.Queue[tuple[int, Annotation | _End]]", running: int
) -> Iterator[tuple[int, Annotation]]:
    while running:
        number, said = answers.get()
        if isinstance(said, Annotation):
            yield number, said
        elif said.error is not None:
            raise said.error
        else:
            running -= 1
