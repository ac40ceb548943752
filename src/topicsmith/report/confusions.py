"""The commonest confusions of the best candidate, each with texts to look at."""

from collections.abc import Sequence

from topicsmith.report.judged import FAILED
from topicsmith.report.parts import Candidate, Confusion
from topicsmith.runs import RunFolder

_SHOWN, _TEXTS = 12, 3


def read_confusions(run: RunFolder, best: Candidate) -> tuple[Confusion, ...]:
    """The cells off the diagonal of ``best``'s confusion matrix that hold the most rows, largest first."""
    matrix = best.confusion
    if matrix is None:
        return ()
    cells = [
        (count, truth, predicted, sum(row))
        for truth, row in zip(matrix.rows, matrix.counts, strict=True)
        for predicted, count in zip(matrix.columns, row, strict=True)
        if count and predicted != truth
    ]
    cells.sort(key=lambda cell: (-cell[0], cell[1], cell[2]))
    chosen = cells[:_SHOWN]
    texts = _texts(run, best, [(truth, predicted) for _, truth, predicted, _ in chosen])
    return tuple(
        Confusion(truth, predicted, count, of, texts.get((truth, predicted), ()))
        for count, truth, predicted, of in chosen
    )


def _texts(
    run: RunFolder, best: Candidate, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The first texts, in the run's order, of test rows that were confused in a wanted way."""
    needed = [run.predictions(best.name), run.file("queries.parquet"), run.file("labels.parquet")]
    if not wanted or not all(path.is_file() for path in needed):
        return {}
    from topicsmith.tables import read_labels, read_predictions, read_queries

    predictions = read_predictions(needed[0], "test")
    labels = {label.query_id: label.topic for label in read_labels(needed[2])}
    found: dict[tuple[str, str], tuple[str, ...]] = dict.fromkeys(wanted, ())
    for query in read_queries(needed[1]):
        prediction = predictions.get(query.query_id)
        if prediction is None:
            continue
        truth = query.topic if best.truth == "given" else labels.get(query.query_id)
        cell = (truth or "", prediction.topic or FAILED)
        if len(found.get(cell, " " * _TEXTS)) < _TEXTS:
            found[cell] = (*found[cell], query.text)
    return found
