"""``topicsmith ledger``: the answers that were paid for."""

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson, LedgerPlace
from topicsmith.errors import ProjectError, UserError
from topicsmith.labels.run_ledger import find_ledger
from topicsmith.llm.ledger.contents import (
    UNKNOWN,
    KeptAnswers,
    Pruning,
    count_kept,
    count_matching,
    export_answers,
    open_jobs,
    prune,
)
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.merging import merge
from topicsmith.llm.ledger.spending import total
from topicsmith.progress import plain

ACTIONS = ("list", "export", "merge", "prune")


@dataclass(frozen=True, kw_only=True)
class LedgerDocument(JsonDocument):
    """``ledger``: how many answers are kept, of whom, and what was paid in all, by every process.

    ``assumed_usd`` was set aside for the ``unpriced`` answers. ``open_jobs`` are batches that were not collected yet.
    """

    ledger: str
    answers: int
    kept: tuple[KeptAnswers, ...]
    usd: float
    assumed_usd: float
    unpriced: int
    open_jobs: int


@dataclass(frozen=True, kw_only=True)
class LedgerExportDocument(JsonDocument):
    """``ledger export``: the file that was written; ``damaged`` answers are not in it."""

    out: str
    answers: int
    damaged: int


@dataclass(frozen=True, kw_only=True)
class LedgerMergeDocument(JsonDocument):
    """``ledger merge``: answers, dollars and jobs that were not there before; ``lost`` ones were damaged."""

    other: str
    answers: int
    usd: float
    jobs: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class LedgerPruneDocument(JsonDocument):
    """``ledger prune``: how many answers were removed."""

    removed: int


def ledger(
    where: LedgerPlace = Path(),
    action: Annotated[str, typer.Argument(help="list, export FILE.jsonl, merge OTHER.sqlite, or prune.")] = "list",
    file: Annotated[
        Path | None, typer.Argument(help="The file to write, or the ledger to merge.", show_default=False)
    ] = None,
    before: Annotated[str | None, typer.Option("--before", help="Prune answers from before this day.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Prune answers of this model.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Prune without saying first how much that is.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the exported file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at the answers that were paid for: count, export, merge or prune them.

    The project may be left out: 'topicsmith ledger export answers.jsonl' is about the folder one is in. Merging
    another person's ledger adds each answer and each cent exactly once, however often. Pruning removes answers, which
    are then asked and paid for again where they are needed; what was spent stays counted.
    """
    if str(where) in ACTIONS and (action == "list" or file is None):
        given = None if action == "list" else Path(action)
        where, action, file = Path(), str(where), given
    pruning = _checked(action, file, before, model)
    found = find_ledger(where).path
    if action == "export" and file is not None:
        _export(found, file, force, as_json)
    elif action == "merge" and file is not None:
        _merge(found, file, as_json)
    elif action == "prune":
        _prune(found, pruning, yes, as_json)
    else:
        _list(found, as_json)


def _checked(action: str, file: Path | None, before: str | None, model: str | None) -> Pruning:
    """What to prune, after looking whether the options fit the action.

    Raises:
        ProjectError: when they do not.
    """
    if action not in ACTIONS:
        raise ProjectError(f"'{action}': no such action; the actions are {', '.join(ACTIONS)}")
    if (file is None) == (action in {"export", "merge"}):
        what = "needs a file: name it behind the action" if file is None else f"takes no file: leave out '{file}'"
        raise ProjectError(f"'{action}' {what}")
    chosen = before is not None or model is not None
    if chosen != (action == "prune"):
        what = (
            "'prune' needs --before DATE or --model NAME" if not chosen else f"'{action}' takes no --before or --model"
        )
        raise ProjectError(f"{what}; see 'topicsmith ledger --help'")
    try:
        return Pruning(None if before is None else date.fromisoformat(before), model)
    except ValueError:
        raise ProjectError(f"--before {before}: not a day; write it as 2026-11-30") from None


def _list(path: Path, as_json: bool) -> None:
    with Ledger(path) as opened:
        kept, spent, jobs = count_kept(opened), total(opened.spending()), open_jobs(opened)
    document = LedgerDocument(
        command="ledger",
        ledger=str(path),
        answers=sum(each.answers for each in kept),
        kept=kept,
        usd=spent.usd,
        assumed_usd=spent.assumed_usd,
        unpriced=spent.unpriced,
        open_jobs=jobs,
    )
    if as_json:
        show(document)
    else:
        sys.stdout.write(plain("\n".join(_lines(document))) + "\n")


def _lines(found: LedgerDocument) -> list[str]:
    rows = [("model", "account", "day", "answers")]
    for each in found.kept:
        asked = f"{each.provider}:{each.model}" if each.provider or each.model else UNKNOWN
        rows.append((asked, each.account, each.day or UNKNOWN, f"{each.answers:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]:>{widths[3]}}" for row in rows
    ]
    assumed = f" and ${found.assumed_usd:,.4f} assumed" if found.assumed_usd else ""
    paid = f"paid ${found.usd:,.4f}{assumed}; {found.unpriced:,} answers of unknown price"
    jobs = f"{found.open_jobs:,} batches not collected"
    return [f"{found.ledger}: {found.answers:,} answers", *(lines if found.kept else []), f"{paid}; {jobs}"]


def _export(path: Path, out: Path, force: bool, as_json: bool) -> None:
    if out.exists() and not force:
        raise UserError(f"{out}: already exists; add '--force' to overwrite it, or name another file")
    with Ledger(path) as opened:
        count = export_answers(opened, out)
        damaged = opened.damaged
    if as_json:
        show(LedgerExportDocument(command="ledger", out=str(out), answers=count, damaged=damaged))
        return
    lost = f"; {damaged:,} damaged ones are left out" if damaged else ""
    sys.stderr.write(f"{count:,} answers in {plain(str(out))}{lost}\n")


def _merge(path: Path, other: Path, as_json: bool) -> None:
    merged = merge(path, other)
    if as_json:
        show(
            LedgerMergeDocument(
                command="ledger",
                other=str(other),
                answers=merged.answers,
                usd=merged.usd,
                jobs=merged.jobs,
                lost=merged.lost,
            )
        )
        return
    lost = f"; {merged.lost:,} damaged ones are left out" if merged.lost else ""
    sys.stderr.write(
        f"{merged.answers:,} answers, ${merged.usd:,.4f} and {merged.jobs:,} batches of {plain(str(other))} are new "
        f"here{lost}\n"
    )


def _prune(path: Path, pruning: Pruning, yes: bool, as_json: bool) -> None:
    with Ledger(path) as opened:
        if not yes:
            count = count_matching(opened, pruning)
            raise UserError(f"{path}: {count:,} answers would be removed for good; add '--yes' to remove them")
        removed = prune(opened, pruning)
    if as_json:
        show(LedgerPruneDocument(command="ledger", removed=removed))
        return
    sys.stderr.write(f"{removed:,} answers removed; what was spent on them stays counted\n")
