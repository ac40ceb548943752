"""A file whose rows are of several formats, as proxies log them: each row is read as its own."""

import json
from collections.abc import Iterable, Iterator, Mapping
from tempfile import TemporaryFile

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import Row, TraceFormat


class MixedFormat:
    """Rows of the first of ``formats`` are read as they pass; the others wait in a temporary file, format by format."""

    def __init__(self, formats: tuple[TraceFormat, ...]) -> None:
        """Tell rows apart in the order of ``formats``; what is none of them is the first's."""
        self.formats = formats
        self.name = " and ".join(format_.name for format_ in formats)

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Why the row is one of the formats."""
        return next((why for format_ in self.formats if (why := format_.recognise(row)) is not None), None)

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """The traces of the first format, then those of the others."""
        first, *others = self.formats
        with TemporaryFile("w+", encoding="utf-8", errors="surrogatepass") as waiting:

            def of_first() -> Iterator[Row]:
                for row in rows:
                    place = self._place(row)
                    if place == 0:
                        yield row
                    else:
                        waiting.write(json.dumps([place, row.source, row.number, row.value], default=str) + "\n")

            yield from first.read(of_first(), settings)
            for place, format_ in enumerate(others, 1):
                waiting.seek(0)
                kept = (json.loads(line) for line in waiting)
                yield from format_.read((Row(*parts) for at, *parts in kept if at == place), settings)

    def _place(self, row: Row) -> int:
        return next((n for n, format_ in enumerate(self.formats) if format_.recognise(row.value) is not None), 0)
