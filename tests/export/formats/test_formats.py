"""The formats by name and by suffix."""

from pathlib import Path

from topicsmith.export.formats import format_of, row_formats


def test_a_module_is_a_format_and_a_suffix_means_one() -> None:
    assert set(row_formats()) == {"csv", "jsonl", "parquet", "huggingface", "argilla", "label-studio"}
    suffixes = (".csv", ".JSONL", ".parquet", ".json")
    assert [format_of(Path(f"x{suffix}")) for suffix in suffixes] == ["csv", "jsonl", "parquet", None]
