"""Reading how labels came about: ``agreement.json``, ``label_quality.json`` and the counts of the agree stage."""

from topicsmith.report.parts import (
    Annotator,
    Disagreement,
    Estimate,
    Labelling,
    LabelQuality,
    Matrix,
    Pair,
    TopicAgreement,
)
from topicsmith.report.reading import Node

_OUTCOMES = ("agreed", "disagreed", "abstained", "pending")


def estimate(node: Node) -> Estimate | None:
    """A figure with its interval, or a bare number; ``None`` where there is neither."""
    bare = node.number()
    if bare is not None:
        return Estimate(bare)
    value = node.number("value")
    if value is None:
        return None
    return Estimate(value, node.number("low"), node.number("high"), node.count("n"), node.text("method") or "")


def _estimates(node: Node) -> tuple[tuple[str, Estimate], ...]:
    return tuple((name, found) for name, item in node.pairs() if (found := estimate(item)) is not None)


def read_labelling(manifest: Node, agreement: Node, quality: Node) -> Labelling | None:
    """How labels came about; ``None`` before anybody labelled."""
    origins = manifest["stages"]["agree"]["counts"].counts()
    if not agreement and not origins:
        return None
    topics = agreement["topics"].texts()
    return Labelling(
        rows=agreement.count("rows") or 0,
        annotators=tuple(_annotator(item) for item in agreement["annotators"].items()),
        outcome=tuple((name, n) for name in _OUTCOMES if (n := agreement.count(name)) is not None),
        origins=origins,
        rate=estimate(agreement["rate"]),
        rate_labelled=estimate(agreement["rate_labelled"]),
        kappa=estimate(agreement["kappa"]),
        kappa_name=agreement.text("kappa_name") or "kappa",
        catch_all=agreement.text("catch_all"),
        pairs=tuple(_pair(item, topics) for item in agreement["pairs"].items()),
        disagreements=tuple(_disagreement(item) for item in agreement["disagreements"].items()),
        by_topic=tuple(
            TopicAgreement(
                item.text("topic") or "", item.count("named") or 0, item.count("agreed") or 0, estimate(item["rate"])
            )
            for item in agreement["by_topic"].items()
        ),
        quality=_quality(quality),
        alarms=agreement["alarms"].texts(),
        coefficients=_coefficients(agreement),
    )


def _annotator(node: Node) -> Annotator:
    return Annotator(
        name=node.text("name") or "",
        rows=node.count("rows") or 0,
        statuses=node["statuses"].counts(),
        catch_all=estimate(node["catch_all_rate"]),
        catch_all_when_disagreeing=estimate(node["catch_all_rate_disagreed"]),
        usd=node.number("cost_usd"),
        usd_per_1k=node.number("usd_per_1k"),
        output_tokens_mean=node.number("output_tokens_mean"),
        served_models=tuple(name for name, _ in node["served_models"].pairs()),
        usd_per_1k_kept=node.number("usd_per_1k_kept"),
    )


def _coefficients(agreement: Node) -> tuple[tuple[str, Estimate], ...]:
    """Every figure of agreement there is, each once: Fleiss' kappa is what ``kappa`` holds of three or more."""
    named = {
        "Same topic, all rows": agreement["rate"],
        "Same topic, where all gave one": agreement["rate_labelled"],
        agreement.text("kappa_name") or "kappa": agreement["kappa"],
        "Fleiss' kappa": agreement["fleiss_kappa"],
        "Krippendorff's alpha": agreement["krippendorff_alpha"],
        "Gwet's AC1": agreement["gwet_ac1"],
    }
    return tuple((name, found) for name, node in named.items() if (found := estimate(node)) is not None)


def _pair(node: Node, topics: tuple[str, ...]) -> Pair:
    return Pair(
        first=node.text("first") or "",
        second=node.text("second") or "",
        n=node.count("n") or 0,
        rate=estimate(node["rate"]),
        kappa=estimate(node["kappa"]),
        matrix=matrix(node["confusion"], topics, topics),
        abstained=(
            node.count("both_abstained") or 0,
            node.count("same_reason") or 0,
            node.count("only_first_abstained") or 0,
            node.count("only_second_abstained") or 0,
        ),
    )


def matrix(node: Node, rows: tuple[str, ...], columns: tuple[str, ...]) -> Matrix | None:
    """Counts under names; ``None`` when the shape does not fit the names."""
    counts = tuple(tuple(cell.count() or 0 for cell in row.items()) for row in node.items())
    if not counts or len(counts) != len(rows) or any(len(row) != len(columns) for row in counts):
        return None
    return Matrix(rows, columns, counts)


def _disagreement(node: Node) -> Disagreement:
    first, second = node.text("first") or "", node.text("second") or ""
    topics = node.text("first_topic") or "", node.text("second_topic") or ""
    return Disagreement(first, second, *topics, node.count("count") or 0)


def _quality(node: Node) -> LabelQuality | None:
    if not node:
        return None
    by_topic = ((item.text("topic") or "", estimate(item["precision"])) for item in node["by_topic"].items())
    return LabelQuality(
        n=node.count("n") or 0,
        agreed=estimate(node["agreed"]),
        kept=estimate(node["kept"]),
        majority=estimate(node["majority"]),
        annotators=_estimates(node["annotators"]),
        by_topic=tuple((topic, found) for topic, found in by_topic if found is not None),
    )
