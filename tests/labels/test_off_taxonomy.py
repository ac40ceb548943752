"""What annotators said that is no topic."""

from topicsmith.labels.off_taxonomy import OffTaxonomy, off_taxonomy
from topicsmith.records import Annotation


def stranger(annotator: str, said: str) -> Annotation:
    return Annotation("q", annotator, None, None, "off_taxonomy", said=said)


def test_values_are_counted_by_annotator_most_frequent_first() -> None:
    rows = [stranger("b", "x"), stranger("a", "y"), stranger("b", "z"), stranger("b", "z")]
    rows += [Annotation("q", "b", "Music", None, "labelled"), Annotation("q", "c", None, None, "abstained")]
    assert off_taxonomy(rows) == [OffTaxonomy("b", (("z", 2), ("x", 1))), OffTaxonomy("a", (("y", 1),))]


def test_the_line_is_short_and_harmless() -> None:
    found = OffTaxonomy("table:t", (("small\x1b[31m talk", 12), *((f"v{n}", 1) for n in range(11))))
    assert found.line.startswith("table:t answers with what is no topic: 'small")
    assert "\x1b" not in found.line
    assert found.line.endswith(
        "'v8' (1) and 2 more; add it to the taxonomy, or name it under 'was' of the topic that it means"
    )


def test_training_unclear_decimals_of_a_column_with_a_gap_are_explained() -> None:
    found = OffTaxonomy("table:t", (("x", 3), ("2.0", 1)))
    assert "'2.0' (1); '2.0' is read as the text it is, not as '2' (pandas makes" in found.line
