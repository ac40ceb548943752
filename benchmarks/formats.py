"""What is read from every format: the table of ``docs/traces.md``.

    python -m benchmarks.formats DATA

``DATA`` holds ``sgd_dev``, ``livemcpbench``, ``arena_hard`` and ``toucan_samples``. Real files are read as they are.
For formats of which there is none, the 1,095 conversations of ``sgd_dev`` and ``livemcpbench`` are written as that
format's exporters write them, with a torn line and a conversation without a user turn added, and read back. Every
question found is compared with the data's own ``first_user_message``.
"""

import sys
import tempfile
from pathlib import Path

import orjson
import polars as pl

from tests.traces.writers import WRITERS, Write
from topicsmith.progress import SilentProgress
from topicsmith.project import TraceSettings
from topicsmith.records import Message
from topicsmith.tables import read_queries
from topicsmith.traces.conversations.messages import messages_of
from topicsmith.traces.ingest import IngestSummary, ingest

REAL = ("sgd_dev", "livemcpbench")


def read(folder: Path, **settings: object) -> tuple[IngestSummary, list[str]]:
    """The summary and the questions of one ingest."""
    model = TraceSettings.model_validate(settings)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        summary = ingest(model, folder, out / "q.parquet", out / "d.parquet", SilentProgress())
        return summary, [query.text for query in read_queries(out / "q.parquet")]


def line(format_: str, file: str, summary: IngestSummary, same: str) -> str:
    """A row of the table."""
    dropped = ", ".join(f"{count} {reason}" for reason, count in summary.dropped.items()) or "none"
    return f"| {format_} | {file} | {summary.traces:,} | {summary.queries:,} | {dropped} | {same} |"


def real(data: Path) -> list[str]:
    """Rows for the files that are there."""
    rows = []
    for name in REAL:
        path = data / name / "traces.parquet"
        summary, texts = read(data, path=str(path), format="table", messages="messages_json", id="id", topic="category")
        wanted = pl.read_parquet(path)["first_user_message"].to_list()
        same = sum(a == b for a, b in zip(texts, wanted, strict=True))
        rows.append(line("table", f"{name}/traces.parquet", summary, f"{same:,} of {len(wanted):,}"))
    summary, _ = read(data, path=str(data / "arena_hard/arena_hard.parquet"), format="table", text="prompt", id="uid")
    rows.append(line("table", "arena_hard/arena_hard.parquet", summary, ""))
    path = data / "toucan_samples/toucan_rows_3.jsonl"
    summary, texts = read(data, path=str(path))
    wanted = [orjson.loads(orjson.loads(row)["messages"])[0]["content"] for row in path.read_bytes().splitlines()]
    rows.append(
        line("toucan", "toucan_samples/toucan_rows_3.jsonl", summary, f"{sum(map(str.__eq__, texts, wanted))} of 3")
    )
    return rows


def written(talks: list[tuple[Message, ...]], wanted: list[str], write: Write) -> str:
    """The row for conversations that ``write`` wrote."""
    lines = []
    for number, talk in enumerate([*talks, (Message("assistant", "Hello"),)]):
        (row,) = write(talk)
        lines.append(orjson.dumps(row).replace(b'"t"', b'"t%d"' % number))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "log.jsonl").write_bytes(b"\n".join(lines) + b'\n{"torn')
        extra = {"format": "table", "messages": "talk", "id": "id"} if write.__name__ == "table" else {}
        summary, texts = read(folder, path="log.jsonl", **extra)
    same = sum(a == b for a, b in zip(texts, wanted, strict=True))
    return line(
        write.__name__, "the 1,095 conversations, written as its exporters do", summary, f"{same:,} of {len(wanted):,}"
    )


def main() -> None:
    """Print the table."""
    data = Path(sys.argv[1]).resolve()
    frames = [pl.read_parquet(data / name / "traces.parquet") for name in REAL]
    talks = [messages_of(text) for frame in frames for text in frame["messages_json"]]
    wanted = [text for frame in frames for text in frame["first_user_message"]]
    print("| format | file | traces | queries | dropped | equal to `first_user_message` |\n|---|---|---|---|---|---|")
    print("\n".join(real(data)))
    for write in WRITERS:
        print(written(talks, wanted, write))


if __name__ == "__main__":
    main()
