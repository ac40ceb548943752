"""The commonest confusions of the best candidate, each with texts to look at."""

from topicsmith.report.judged import FAILED
from topicsmith.report.parts import Confusion
from topicsmith.report.reading import Node
from topicsmith.runs import RunFolder


def read_confusions(run: RunFolder, evaluations: Node, best: str) -> tuple[Confusion, ...]:
    """The confusions that the evaluation of ``best`` names, with the texts of the queries it names."""
    ours = (e for e in evaluations.items() if e.text("candidate") == best and e.text("split") == "test")
    evaluation = next(ours, Node())
    support = {topic.text("topic"): topic.count("support") for topic in evaluation["by_topic"].items()}
    found = list(evaluation["confusions"].items())
    texts = _texts(run, {query_id for item in found for query_id in item["query_ids"].texts()})
    return tuple(
        Confusion(
            truth=item.text("topic") or "",
            predicted=item.text("predicted") or FAILED,
            count=item.count("count") or 0,
            of=support.get(item.text("topic")),
            texts=tuple(texts[query_id] for query_id in item["query_ids"].texts() if query_id in texts),
        )
        for item in found
    )


def _texts(run: RunFolder, wanted: set[str]) -> dict[str, str]:
    path = run.file("queries.parquet")
    if not wanted or not path.is_file():
        return {}
    from topicsmith.tables import QUERIES, read_frame

    table = read_frame(path, QUERIES).select("query_id", "text")
    return {query_id: text for query_id, text in table.iter_rows() if query_id in wanted}
