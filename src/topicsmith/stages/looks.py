"""Counting how often a run's test rows were looked at, in its folder."""

from collections.abc import Mapping

from topicsmith.dataset.looks import FILE, Looks, look
from topicsmith.evaluation.serialization import to_document
from topicsmith.records import Prediction
from topicsmith.stages.base import StageContext


def note_look(context: StageContext, answers: Mapping[str, Mapping[str, Prediction]]) -> Looks | None:
    """Count this look at the test rows, and give all looks at them; ``None`` without a test row.

    ``answers`` are every candidate's, by query.

    Raises:
        RunStateError: when the file of earlier looks is damaged.
    """
    run, rows = context.run, context.tables.sets.test
    before: tuple[Looks, ...] = ()
    if run.file(FILE).is_file():
        before = run.read(FILE, tuple[Looks, ...])
    topics = {name: {key: answer.topic for key, answer in given.items()} for name, given in answers.items()}
    found = look(before, [row.query_id for row in rows], topics)
    run.write_json(FILE, to_document(found))
    return found[-1] if len(rows) else None
