"""How fast, and in how much memory, conversation logs at the size of Toucan-1.5M become queries.

    python benchmarks/ingest.py [--rows 60000] [--folder FOLDER] [--groups 1500000]

Writes rows shaped like those of Toucan-1.5M (all nine columns, about 39 kB a row, row groups of 1,000, Snappy as the
hub's own files have; the median conversation has 3,330 tokens by size, the median question 61, where the reference
experiment counted 3,457 and 62), then times, each in a process of its own and with the files in the page cache:

- ``topicsmith``: the whole of ``ingest``: read, take the first question, count tokens, group near-copies, write;
- ``pyarrow``: a scan that only decodes the columns that ``topicsmith`` reads;
- ``datasets``: ``load_dataset`` and a ``map`` that parses each conversation, plainly and with those columns only;

and the grouping of ``--groups`` queries. Rows are read at two sizes; the slope between them gives the figure for
1,500,000. Needs ``pyarrow`` and ``datasets``. Prints one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FULL = 1_500_000
SHARD = 10_000
COLUMNS = ["uuid", "subset_name", "messages", "question", "target_tools"]


def words(rng: np.random.Generator, count: int) -> np.ndarray:
    """Made-up words whose lengths and frequencies resemble English."""
    letters = np.array(list("etaoinshrdlucmfwypvbgk"))
    lengths = rng.integers(2, 11, count)
    return np.array(["".join(rng.choice(letters, length)) for length in lengths])


class Writer:
    """Rows with the columns of Toucan, made of a pool of texts so that making them costs little."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.vocabulary = words(self.rng, 20_000)
        ranks = np.arange(1, len(self.vocabulary) + 1)
        self.weights = (1 / ranks) / (1 / ranks).sum()
        self.pool = [self.text(400) for _ in range(3000)]

    def text(self, count: int) -> str:
        """``count`` words."""
        return " ".join(self.vocabulary[self.rng.choice(len(self.vocabulary), count, p=self.weights)])

    def long(self, characters: int) -> str:
        """A text of ``characters``, put together from the pool."""
        pieces, size = [], 0
        while size < characters:
            piece = self.pool[self.rng.integers(len(self.pool))]
            pieces.append(piece)
            size += len(piece)
        return " ".join(pieces)[:characters]

    def row(self, number: int) -> dict[str, str]:
        """One row."""
        rng = self.rng
        question = self.long(int(rng.lognormal(5.5, 0.5)))  # about 62 tokens, as in the reference experiment
        tools = [
            {"type": "function", "function": {"name": f"tool-{i}", "description": self.long(300)}}
            for i in range(int(rng.integers(2, 30)))
        ]
        system = "# Tools\n<tools>" + json.dumps(tools) + "</tools>"
        messages: list[dict[str, object]] = [] if rng.random() < 0.2 else [{"role": "system", "content": system}]
        messages.append({"role": "user", "content": question})
        for _ in range(int(rng.integers(1, 6))):
            call = {"name": "tool-1", "arguments": json.dumps({"q": self.long(60)})}
            messages.append({"role": "assistant", "content": "", "function_call": call})
            messages.append({"role": "function", "name": "tool-1", "content": self.long(int(rng.lognormal(7.42, 0.8)))})
        messages.append({"role": "assistant", "content": self.long(1200)})
        servers = [
            {
                "server_name": f"server-{rng.integers(500)}",
                "labels": {"primary_label": "Weather"},
                "remote_server_response": {"tools": tools},
                "overview": self.long(int(min(rng.lognormal(8.95, 0.9), 400_000))),
            }
        ]
        quality = json.dumps({"tool_selection_difficulty": {"reasoning": self.long(600), "rating": "easy"}})
        return {
            "uuid": f"{number:032x}",
            "subset_name": "single-turn-original",
            "messages": json.dumps(messages),
            "question": question,
            "available_tools": json.dumps(tools),
            "target_tools": "tool-1, tool-2",
            "question_quality_assessment": quality,
            "response_quality_assessment": quality,
            "metadata": json.dumps({"mcp_servers": servers}),
        }


def generate(folder: Path, rows: int) -> int:
    """Write ``rows`` rows in shards; the bytes they take unpacked."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = 0
    for start in range(0, rows, SHARD):
        path = folder / f"train-{start // SHARD:05}.parquet"
        if path.exists():
            continue
        writer = Writer(start)
        file = None
        for low in range(start, min(start + SHARD, rows), 1000):
            table = pa.Table.from_pylist([writer.row(number) for number in range(low, low + 1000)])
            size += table.nbytes
            file = file or pq.ParquetWriter(path, table.schema, compression="snappy")
            file.write_table(table)
        if file is not None:
            file.close()
    return size


def run_topicsmith(files: list[str], folder: Path) -> int:
    """Ingest; the queries found."""
    from topicsmith.progress import SilentProgress
    from topicsmith.project import TraceSettings
    from topicsmith.traces.ingest import ingest

    settings = TraceSettings(path=files)
    return ingest(settings, folder, folder / "q.parquet", folder / "d.parquet", SilentProgress()).queries


def run_pyarrow(files: list[str], folder: Path) -> int:
    """Decode the columns that are read, and do nothing with them; the rows."""
    import pyarrow.parquet as pq

    return sum(
        batch.num_rows for name in files for batch in pq.ParquetFile(folder / name).iter_batches(columns=COLUMNS)
    )


def run_datasets(files: list[str], folder: Path, columns: list[str] | None = None) -> int:
    """Load the files and map a function over their rows, as the library's own guide does; the rows."""
    import datasets

    datasets.disable_progress_bars()

    def first_question(row: dict[str, str]) -> dict[str, object]:
        messages = json.loads(row["messages"])
        text = next((message["content"] for message in messages if message["role"] == "user"), None)
        return {"text": text, "tokens": len(row["messages"]) // 4}

    paths = [str(folder / name) for name in files]
    cache = str(folder / "cache")
    rows = datasets.load_dataset("parquet", data_files=paths, columns=columns, split="train", cache_dir=cache)
    return rows.map(first_question, remove_columns=rows.column_names, load_from_cache_file=False).num_rows


def run_projected(files: list[str], folder: Path) -> int:
    """The same, with only the columns that ``topicsmith`` reads."""
    return run_datasets(files, folder, COLUMNS)


def run_groups(files: list[str], _folder: Path) -> int:
    """Group as many made-up queries as ``files[0]`` says; a tenth are near-copies of another."""
    from topicsmith.traces.near_duplicates.minhash import Grouper

    rng = np.random.default_rng(1)
    vocabulary = words(rng, 30_000).astype(object)
    grouper = Grouper()
    spent = 0.0
    count = int(files[0])
    for _start in range(0, count, 20_000):
        picked = vocabulary[rng.integers(0, len(vocabulary), (20_000, 48))]
        picked[::10, :47] = picked[1::10, :47]
        texts = [" ".join(row) for row in picked]
        began = time.perf_counter()
        grouper.add(texts)
        spent += time.perf_counter() - began
    began = time.perf_counter()
    groups = grouper.groups()
    spent += time.perf_counter() - began
    print(json.dumps({"seconds_of_grouping": round(spent, 1), "groups": len(np.unique(groups))}), file=sys.stderr)
    return count


RUNS = {
    "topicsmith": run_topicsmith,
    "pyarrow": run_pyarrow,
    "datasets": run_datasets,
    "datasets by column": run_projected,
    "groups": run_groups,
}


def child(kind: str, files: list[str], folder: Path) -> None:
    """Time one run in this process and print what it took."""
    began = time.perf_counter()
    rows = RUNS[kind](files, folder)
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu_seconds": time.process_time(), "peak_mb": peak}))


def measure(kind: str, files: list[str], folder: Path, repeats: int = 1) -> dict[str, float]:
    """The fastest of ``repeats`` runs, with the largest peak."""
    results = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            place = Path(scratch)
            for name in files:
                if (folder / name).exists():
                    os.link(folder / name, place / name)
            command = [sys.executable, __file__, "--child", kind, "--folder", scratch, *files]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
    best = min(results, key=lambda result: result["seconds"])
    return {
        **best,
        "peak_mb": round(max(result["peak_mb"] for result in results)),
        "seconds": round(best["seconds"], 2),
    }


def extrapolated(small: dict[str, float], large: dict[str, float]) -> float:
    """Seconds for all rows of Toucan-1.5M, by the slope between two sizes."""
    slope = (large["seconds"] - small["seconds"]) / (large["rows"] - small["rows"])
    return large["seconds"] + slope * (FULL - large["rows"])


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--groups", type=int, default=FULL)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip-datasets", action="store_true")
    parser.add_argument("--child", default=None)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if options.child:
        child(options.child, options.files, options.folder)
        return
    folder = options.folder or Path(tempfile.mkdtemp(prefix="toucan-"))
    folder.mkdir(exist_ok=True)
    generate(folder, options.rows)
    files = sorted(path.name for path in folder.glob("train-*.parquet"))[: -(-options.rows // SHARD)]
    few = files[: max(len(files) // 4, 1)]
    kinds = ["pyarrow", "topicsmith"] + ([] if options.skip_datasets else ["datasets", "datasets by column"])
    large = {kind: measure(kind, files, folder, options.repeats) for kind in kinds}
    small = {kind: measure(kind, few, folder, options.repeats) for kind in kinds}
    full = {kind: extrapolated(small[kind], large[kind]) for kind in kinds}
    report: dict[str, object] = {
        "bytes_on_disk": sum((folder / name).stat().st_size for name in files),
        "small": small,
        "large": large,
        "seconds_for_1.5M": {kind: round(seconds) for kind, seconds in full.items()},
        "speed_against_pyarrow": round(full["pyarrow"] / full["topicsmith"], 2),
    }
    if "datasets" in full:
        report["speed_against_datasets"] = round(full["datasets"] / full["topicsmith"], 2)
    if options.groups:
        report["grouping"] = measure("groups", [str(options.groups)], folder)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
