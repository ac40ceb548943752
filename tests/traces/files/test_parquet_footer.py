"""Sizes out of a Parquet footer."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.files.parquet_footer import row_group_sizes


def write(path: Path, rows: int = 300) -> Path:
    table = {"text": [f"text {row}" * 9 for row in range(rows)], "turns": [[{"role": "user"}] * 3] * rows}
    pl.DataFrame(table).write_parquet(path, row_group_size=100)
    return path


def test_sizes_are_those_that_pyarrow_reads(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    metadata = pq.ParquetFile(path).metadata
    wanted = [
        [
            (part.path_in_schema.split(".")[0], part.total_compressed_size, part.total_uncompressed_size)
            for part in map(metadata.row_group(group).column, range(metadata.num_columns))
        ]
        for group in range(metadata.num_row_groups)
    ]
    found = [[(size.name, size.packed, size.unpacked) for size in group] for group in row_group_sizes(path)]
    assert found == wanted
    assert len(found) == 3
    assert [name for name, *_ in found[0]] == ["text", "turns"]


def test_what_is_no_parquet_has_no_footer(tmp_path: Path) -> None:
    for data in (b"", b"PAR1", b"text,topic\n", b"PAR1" + b"\xff\xff\xff\x7fPAR1"):
        (tmp_path / "x.parquet").write_bytes(data)
        with pytest.raises(ValueError, match="footer"):
            row_group_sizes(tmp_path / "x.parquet")


@given(data=st.data())
def test_a_footer_with_any_byte_changed_gives_sizes_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.parquet"
    whole = write(path).read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    place = data.draw(st.integers(len(whole) - length - 8, len(whole) - 1))
    path.write_bytes(whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :])
    try:
        row_group_sizes(path)
    except ValueError as error:
        assert "footer" in str(error)  # noqa: PT017  # most bytes may be anything
