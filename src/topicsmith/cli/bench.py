"""``topicsmith bench``: a load test of a classifier or a served address."""

import asyncio
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.advice.choice import chosen_candidate
from topicsmith.classifiers.base import spend_as
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson, Quiet
from topicsmith.errors import ProjectError, RunStateError
from topicsmith.evaluation.serialization import to_document
from topicsmith.loading import load
from topicsmith.loadtest.batch_means import Length
from topicsmith.loadtest.memory import peak_memory_mb, server_memory_mb
from topicsmith.loadtest.run import LoadResult, load_test
from topicsmith.loadtest.targets import to_address, to_classifier
from topicsmith.progress import TerminalProgress
from topicsmith.runs import find_run
from topicsmith.tables import SPLITS, read_frame, read_queries

SAMPLE = 1000


@dataclass(frozen=True, kw_only=True)
class BenchDocument(JsonDocument):
    """``bench``: every loop."""

    results: tuple[LoadResult, ...]


def bench(
    target: Annotated[str, typer.Argument(help="A run folder, a model folder, or the address of a server.")],
    candidate: Annotated[str | None, typer.Option("--candidate", help="Another candidate of the run.")] = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help="A run folder or a file of lines to draw the texts from.")
    ] = None,
    concurrency: Annotated[str, typer.Option("--concurrency", help="How many at a time, one or several.")] = "1,10,50",
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="How long each measurement lasts at least.")
    ] = 5.0,
    precision: Annotated[
        float, typer.Option("--precision", min=0.001, max=1, help="Go on until the rate is known to this share of it.")
    ] = 0.05,
    at_most: Annotated[
        float, typer.Option("--at-most", min=0.1, help="Seconds after which to stop in any case.")
    ] = 60.0,
    timeout: Annotated[float, typer.Option("--timeout", min=0.01, help="Seconds until a text counts as lost.")] = 30.0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Measure speed under load: texts a second and latency with their 95 % intervals, failures, memory.

    At each concurrency a closed loop (clients that wait for their answer) and an open one (texts that fall due at 70 %
    of the rate reached, timed from when they were due). Each goes on until the rate is known well enough. Texts are
    drawn from the run's test rows. With an address, --texts RUN and --candidate NAME keep the figures as NAME's.
    """
    levels = _levels(concurrency)
    drawn = _texts(target, texts)
    length = Length(seconds, max(seconds, at_most), precision)
    progress = TerminalProgress(quiet)
    progress.say(
        f"bench: {len(levels)} closed and {len(levels)} open loops of {seconds:g} to {length.most:g} s each, until the "
        f"rate is known to {precision:.1%}; {len(drawn):,} texts"
    )
    results = asyncio.run(_measure(target, candidate, drawn, levels, length, timeout))
    run = _run_of(target, texts)
    _keep(run, candidate, results, named=not _is_address(target))
    if as_json:
        show(BenchDocument(command="bench", results=tuple(results)))
        return
    sys.stdout.write("\n".join([*_table(results), *_tokens_by_prompt(run)]) + "\n")
    for r in results:
        if r.precise is False:
            progress.say(
                f"bench: {r.loop} loop, {r.concurrency} at a time: not known to {precision:.1%} in {r.seconds:.0f} s"
            )


@dataclass(frozen=True)
class _Row:
    """What of a row of the leaderboard is read here."""

    candidate: str
    prompt: str | None = None
    output_tokens_mean: float | None = None


def _run_of(target: str, texts: Path | None) -> Path | None:
    """The run folder that is measured, or that an address is asked texts of."""
    folder = texts if _is_address(target) else Path(target)
    if folder is None or not any((folder / name).is_file() for name in ("manifest.json", "topicsmith.yaml")):
        return None
    return find_run(folder).path


def _tokens_by_prompt(run: Path | None) -> list[str]:
    """What the run's candidates write per text, by prompt version; nothing for kinds that write nothing."""
    if run is None:
        return []
    writing = [row for row in find_run(run).read("leaderboard.json", list[_Row]) if row.output_tokens_mean is not None]
    writing.sort(key=lambda row: (str(row.prompt), row.candidate))
    lines = [f"{row.prompt or '-':<8}{row.output_tokens_mean:>10.1f}  {row.candidate}" for row in writing]
    return ["", f"{'prompt':<8}{'tokens':>10}  candidate", *lines] if lines else []


def _levels(concurrency: str) -> list[int]:
    parts = [part.strip() for part in concurrency.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= 1000 for part in parts):
        raise ProjectError(f"--concurrency '{concurrency}': give numbers from 1 to 1000, such as 1,10,50")
    return [int(part) for part in parts]


def _is_address(target: str) -> bool:
    return target.startswith(("http://", "https://"))


def _texts(target: str, texts: Path | None) -> list[str]:
    """Up to a thousand texts: of the test rows of a run, or the lines of a file."""
    source = texts if texts is not None else Path(target)
    if _is_address(target) and texts is None:
        raise ProjectError(f"--texts is needed with an address such as {target}: a run folder or a file of lines")
    if source.is_file():
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [line for line in lines if line.strip()]
    else:
        found = _run_texts(source)
    if not found:
        raise ProjectError(f"{source}: contains no text to send")
    return random.Random(13).sample(found, min(SAMPLE, len(found)))  # noqa: S311  # a sample, not a secret


def _run_texts(source: Path) -> list[str]:
    try:
        run = find_run(source)
    except RunStateError:
        raise ProjectError(f"{source}: contains no texts; name a run folder or a file of lines with --texts") from None
    splits = read_frame(run.file("splits.parquet"), SPLITS)
    tests = {query_id for query_id, split in zip(splits["query_id"], splits["split"], strict=True) if split == "test"}
    return [query.text for query in read_queries(run.file("queries.parquet")) if query.query_id in tests]


async def _measure(
    target: str, candidate: str | None, texts: list[str], levels: list[int], length: Length, timeout: float
) -> list[LoadResult]:
    if _is_address(target):
        async with to_address(target, max(levels)) as send:
            if (await send(texts[0])).status == "connection":
                raise ProjectError(f"{target}: nothing answers there; start the server, or correct the address")
            results = await load_test(send, texts, levels, length, timeout)
        return [replace(result, memory_mb=server_memory_mb(target)) for result in results]
    classifier = load(target, candidate)
    spend_as(classifier.model, "bench")
    classifier.predict(texts[:1])  # what loads on first use is not part of the load
    async with to_classifier(classifier.model, max(levels)) as send:
        results = await load_test(send, texts, levels, length, timeout)
    return [replace(result, memory_mb=peak_memory_mb()) for result in results]


def _keep(run: Path | None, candidate: str | None, results: list[LoadResult], *, named: bool) -> None:
    """Leave the figures in the run, where the costs are worked out from them.

    The run's own choice need not be named; what stands behind an address is not known unless it is.
    """
    if run is None or (candidate is None and not named):
        return
    folder = find_run(run)
    names = [row.candidate for row in folder.read("leaderboard.json", list[_Row])]
    if candidate is not None and candidate not in names:
        raise ProjectError(f"--candidate '{candidate}' is not in the run; it has: {', '.join(names)}")
    kept = folder.read("bench.json", dict[str, object]) if folder.file("bench.json").exists() else {}
    folder.write_json("bench.json", {**kept, candidate or chosen_candidate(folder, run): to_document(results)})


def _table(results: list[LoadResult]) -> list[str]:
    """Every loop; the rate with half the width of its interval behind ±, percentiles with theirs in brackets."""
    head = ("loop", "at a time", "offered/s", "texts/s", "p50 ms", "p95 ms", "p99 ms", "tokens", "MB", "failures")
    rows = [
        (
            r.loop, str(r.concurrency), _cell(r.offered_per_s), _with(r.texts_per_s, r.texts_per_s_high),
            _between(r.p50_ms, r.p50_ms_low, r.p50_ms_high), _between(r.p95_ms, r.p95_ms_low, r.p95_ms_high),
            _between(r.p99_ms, r.p99_ms_low, r.p99_ms_high),
            _cell(r.output_tokens_mean), _cell(r.memory_mb, 0),
            (", ".join(f"{count} {kind}" for kind, count in r.failures.items()) or "none") + f" of {r.n:,}",
        )
        for r in results
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    return [
        "  ".join(
            [f"{row[0]:<{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(row[1:-1], widths[1:], strict=True)), row[-1]]
        )
        for row in [head, *rows]
    ]


def _with(value: float | None, high: float | None) -> str:
    return _cell(value) + (f" ±{high - value:,.1f}" if value is not None and high is not None else "")


def _between(value: float | None, low: float | None, high: float | None) -> str:
    """A percentile with its interval, ``[-]`` where the run tells too little for one."""
    if value is None:
        return "-"
    return f"{value:,.1f} " + ("[-]" if low is None or high is None else f"[{low:,.1f}, {high:,.1f}]")


def _cell(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
