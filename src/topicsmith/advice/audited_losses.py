"""The losses among the candidates of a run that a person has audited: on the same rows, as the person saw them."""

from collections.abc import Mapping

from topicsmith.advice.losses import LossesAmong, losses_by_audit, losses_by_intervals
from topicsmith.audit.audited_run import AuditedRun
from topicsmith.records import Prediction
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval


def audited_losses(
    run: RunFolder, answers: Mapping[str, Mapping[str, Prediction]], accuracies: Mapping[str, Interval]
) -> LossesAmong:
    """The losses in accuracy on all rows that were answered: those of the test set.

    Args:
        run: with its labels and what a person said of some rows.
        answers: by candidate, by query.
        accuracies: by candidate, as the audit estimates them.
    """
    audited = AuditedRun(run)
    rows = audited.rows_of({query_id: audited.parts[query_id] for query_id in set[str]().union(*answers.values())})
    if rows is None:
        return losses_by_intervals(accuracies)
    names = audited.topics
    truth = rows.truth(names, list(audited.annotators.values()))
    codes = {
        name: rows.codes({query_id: answer.topic for query_id, answer in said.items()}, names)
        for name, said in answers.items()
    }

    def difference(first: str, second: str) -> Interval:
        return truth.difference(codes[first], codes[second]).like_these

    return losses_by_audit(accuracies, difference, len(rows.topics))
