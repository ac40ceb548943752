"""The sizes that a Parquet file's footer states, so that what would not fit into memory is known before it is read.

The footer is a Thrift structure in the compact protocol:
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift and
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_MAGIC = b"PAR1"
_LARGEST = 256 * 2**20  # bytes of a footer
_DEEPEST = 16

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12
_ROW_GROUPS = 4  # field numbers: of the file,
_COLUMNS = 1  # of a row group,
_METADATA = 3  # of a column,
_PATH, _UNPACKED, _PACKED = 3, 6, 7  # and of its metadata

Value: TypeAlias = "int | bytes | list[Value] | dict[int, Value]"


@dataclass(frozen=True)
class ColumnSize:
    """How many bytes the part of a column in one row group takes, as it lies in the file and unpacked."""

    name: str
    packed: int
    unpacked: int


def row_group_sizes(path: Path) -> list[list[ColumnSize]]:
    """The sizes of every column, by row group; a nested column counts under the name of the outermost.

    Raises:
        ValueError: when the file does not end as Parquet does, or the footer is destroyed.
    """
    try:
        groups = _Reader(_footer(path)).struct(_DEEPEST).get(_ROW_GROUPS, [])
        return [[_size(column) for column in _items(_fields(group)[_COLUMNS])] for group in _items(groups)]
    except (IndexError, KeyError, TypeError) as exc:
        raise ValueError("the footer is destroyed") from exc


def _footer(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 8, 0))
        tail = file.read(8)
        length = int.from_bytes(tail[:4], "little")
        if len(tail) < 8 or tail[4:] != _MAGIC or length > min(size - 8, _LARGEST):
            raise ValueError("the file does not end with a footer")
        file.seek(size - 8 - length)
        return file.read(length)


def _size(column: Value) -> ColumnSize:
    metadata = _fields(_fields(column)[_METADATA])
    name, packed, unpacked = next(iter(_items(metadata[_PATH])), None), metadata[_PACKED], metadata[_UNPACKED]
    if not (isinstance(name, bytes) and isinstance(packed, int) and isinstance(unpacked, int)):
        raise TypeError(metadata)
    return ColumnSize(name.decode("utf-8", "replace"), packed, unpacked)


def _fields(value: Value) -> dict[int, Value]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


def _items(value: Value) -> Iterable[Value]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


class _Reader:
    """Values of the compact protocol, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int) -> dict[int, Value]:
        fields: dict[int, Value] = {}
        number = 0
        while header := self._byte():
            kind, step = header & 15, header >> 4
            number = number + step if step else self._zigzag()
            fields[number] = int(kind == _TRUE) if kind in {_TRUE, _FALSE} else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        if depth == 0:
            raise ValueError("the footer nests too deeply")
        if kind in {_I16, _I32, _I64}:
            return self._zigzag()
        if kind == _BINARY:
            return self._take(self._varint())
        if kind in {_LIST, _SET}:
            return self._list(depth)
        if kind == _STRUCT:
            return self.struct(depth - 1)
        if kind == _DOUBLE:
            return self._take(8)
        if kind in {_BYTE, _TRUE, _FALSE}:
            return self._byte()
        raise ValueError(f"the footer has a value of the unknown kind {kind}")

    def _list(self, depth: int) -> list[Value]:
        header = self._byte()
        size = header >> 4
        count = self._varint() if size == 15 else size
        if count > len(self._data) - self._at:
            raise ValueError("the footer has a list that is longer than itself")
        return [self._value(header & 15, depth - 1) for _ in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise IndexError(count)
        self._at += count
        return self._data[self._at - count : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
