"""The losses among the candidates of a run that a person has audited: on the same rows, as the person saw them."""

from collections.abc import Mapping
from typing import cast

from topicsmith.advice.losses import LossesAmong, losses_by_audit
from topicsmith.audit.run import UNAUDITED, audit_answers
from topicsmith.audit.sample import from_document
from topicsmith.records import Prediction
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval
from topicsmith.tables import read_labels


def audited_losses(
    run: RunFolder, answers: Mapping[str, Mapping[str, Prediction]], accuracies: Mapping[str, Interval]
) -> LossesAmong:
    """The losses in accuracy on all test rows.

    Args:
        run: with its labels and what a person said of some rows.
        answers: by candidate, by query, on the test rows.
        accuracies: by candidate, as the audit estimates them.
    """
    file = run.file(UNAUDITED)
    origins = {
        label.query_id: label.origin for label in read_labels(file if file.exists() else run.file("labels.parquet"))
    }
    drawn = {row.query_id for row in from_document(cast("Mapping[str, object]", run.read_json("audit.json"))).rows}
    rows = sorted(set[str]().union(*answers.values()))
    place = {query_id: index for index, query_id in enumerate(rows)}
    told = {a.query_id: a.topic for a in audit_answers(run) if a.topic is not None and a.query_id in drawn & set(place)}
    right = {
        name: {place[query]: query in said and said[query].topic == topic for query, topic in told.items()}
        for name, said in answers.items()
    }
    return losses_by_audit(accuracies, [origins[query_id] for query_id in rows], right)
