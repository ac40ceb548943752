"""``topicsmith bench``: a load test of a classifier or a served address."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from topicsmith.cli.options import AsJson, Quiet

if TYPE_CHECKING:
    from topicsmith.evaluation.loadtest import LoadResult

SAMPLE = 1000


def bench(
    target: Annotated[str, typer.Argument(help="A run folder, a model folder, or the address of a server.")],
    candidate: Annotated[str | None, typer.Option("--candidate", help="Another candidate of the run.")] = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help="A run folder or a file of lines to draw the texts from.")
    ] = None,
    concurrency: Annotated[str, typer.Option("--concurrency", help="How many at a time, one or several.")] = "1,10,50",
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="How long each measurement lasts.")] = 10.0,
    timeout: Annotated[float, typer.Option("--timeout", min=0.01, help="Seconds until a text counts as lost.")] = 30.0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Measure speed under load: texts a second, latency, failures, memory.

    At each concurrency a closed loop (clients that wait for their answer) and an open one (texts that fall due at 70 %
    of the rate reached, timed from when they were due). Texts are drawn from the run's test rows.
    """
    import orjson

    from topicsmith.evaluation.documents import to_document
    from topicsmith.progress import TerminalProgress

    levels = _levels(concurrency)
    drawn = _texts(target, texts)
    count = len(levels)
    TerminalProgress(quiet).say(f"bench: {count} closed and {count} open loops of {seconds:g} s, {len(drawn):,} texts")
    results = asyncio.run(_measure(target, candidate, drawn, levels, seconds, timeout))
    _keep(target, candidate, results)
    if as_json:
        sys.stdout.write(orjson.dumps(to_document(results), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write("\n".join([*_table(results), *_tokens_by_prompt(target)]) + "\n")


def _tokens_by_prompt(target: str) -> list[str]:
    """What the run's candidates write per text, by prompt version; nothing for kinds that write nothing."""
    from topicsmith.runs import find_run

    if _is_address(target) or not (Path(target) / "manifest.json").is_file():
        return []
    board = find_run(Path(target)).read_json("leaderboard.json")
    assert isinstance(board, list)
    writing = [row for row in board if row["output_tokens_mean"] is not None]
    writing.sort(key=lambda row: (str(row["prompt"]), str(row["candidate"])))
    lines = [f"{row['prompt'] or '-':<8}{row['output_tokens_mean']:>10.1f}  {row['candidate']}" for row in writing]
    return ["", f"{'prompt':<8}{'tokens':>10}  candidate", *lines] if lines else []


def _levels(concurrency: str) -> list[int]:
    from topicsmith.errors import ProjectError

    parts = [part.strip() for part in concurrency.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= 1000 for part in parts):
        raise ProjectError(f"--concurrency '{concurrency}': give numbers from 1 to 1000, such as 1,10,50")
    return [int(part) for part in parts]


def _is_address(target: str) -> bool:
    return target.startswith(("http://", "https://"))


def _texts(target: str, texts: Path | None) -> list[str]:
    """Up to a thousand texts: of the test rows of a run, or the lines of a file."""
    import random

    from topicsmith.errors import ProjectError

    source = texts if texts is not None else Path(target)
    if _is_address(target) and texts is None:
        raise ProjectError(f"--texts is needed with an address such as {target}: a run folder or a file of lines")
    if source.is_file():
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [line for line in lines if line.strip()]
    else:
        found = _run_texts(source)
    if not found:
        raise ProjectError(f"{source}: holds no text to send")
    return random.Random(13).sample(found, min(SAMPLE, len(found)))  # noqa: S311  # a sample, not a secret


def _run_texts(source: Path) -> list[str]:
    from topicsmith.errors import ProjectError
    from topicsmith.runs import find_run
    from topicsmith.tables import SPLITS, read_frame, read_queries

    if not (source / "manifest.json").is_file():
        raise ProjectError(f"{source}: holds no texts; name a run folder or a file of lines with --texts")
    run = find_run(source)
    splits = read_frame(run.file("splits.parquet"), SPLITS)
    tests = {query_id for query_id, split in zip(splits["query_id"], splits["split"], strict=True) if split == "test"}
    return [query.text for query in read_queries(run.file("queries.parquet")) if query.query_id in tests]


async def _measure(
    target: str, candidate: str | None, texts: list[str], levels: list[int], seconds: float, timeout: float
) -> "list[LoadResult]":
    from dataclasses import replace

    from topicsmith.evaluation.loadtest import load_test, peak_memory_mb
    from topicsmith.evaluation.senders import to_address, to_classifier
    from topicsmith.loading import load

    if _is_address(target):
        async with to_address(target, max(levels)) as send:
            return await load_test(send, texts, levels, seconds, timeout)
    classifier = load(target, candidate)
    classifier.predict(texts[:1])  # what loads on first use is not part of the load
    async with to_classifier(classifier, max(levels)) as send:
        results = await load_test(send, texts, levels, seconds, timeout)
    return [replace(result, memory_mb=peak_memory_mb()) for result in results]


def _keep(target: str, candidate: str | None, results: "list[LoadResult]") -> None:
    """Leave the figures in the run, where the costs are worked out from them."""
    from topicsmith.evaluation.documents import to_document
    from topicsmith.runs import find_run

    if _is_address(target) or not (Path(target) / "manifest.json").is_file():
        return
    run = find_run(Path(target))
    if candidate is None:
        board = run.read_json("leaderboard.json")
        assert isinstance(board, list)
        candidate = str(board[0]["candidate"])
    kept = run.read_json("bench.json") if run.file("bench.json").exists() else {}
    assert isinstance(kept, dict)
    run.write_json("bench.json", {**kept, candidate: to_document(results)})


def _table(results: "list[LoadResult]") -> list[str]:
    head = f"{'loop':<8}{'at a time':>9}{'offered/s':>11}{'texts/s':>10}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}"
    lines = [f"{head}{'tokens':>8}{'MB':>8}  failures"]
    for r in results:
        figures = "".join(_cell(value, 10) for value in (r.texts_per_s, r.p50_ms, r.p95_ms, r.p99_ms))
        failures = ", ".join(f"{count} {kind}" for kind, count in r.failures.items()) or "none"
        more = f"{_cell(r.output_tokens_mean, 8)}{_cell(r.memory_mb, 8, 0)}"
        lines.append(f"{r.loop:<8}{r.concurrency:>9}{_cell(r.offered_per_s, 11)}{figures}{more}  {failures} of {r.n:,}")
    return lines


def _cell(value: float | None, width: int, digits: int = 1) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width},.{digits}f}"
