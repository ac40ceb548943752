"""``topicsmith discover``: what no topic covers, as proposals for the taxonomy."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.advice.wording import interval_text, percent
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import LATEST, AsJson, Quiet, RunPath
from topicsmith.cli.streams import mention
from topicsmith.discovery.discover import DiscoverySettings, discover_in_run
from topicsmith.discovery.files import FOLDER, PROPOSALS, write_discovery
from topicsmith.discovery.records import Discovery, Proposal
from topicsmith.discovery.rows import RowsWanted
from topicsmith.errors import UserError
from topicsmith.progress import TerminalProgress, plain
from topicsmith.runs import find_run

_SHOWN_TERMS, _SHOWN = 5, 25


@dataclass(frozen=True, kw_only=True)
class DiscoverDocument(JsonDocument):
    """``discover``: the proposals, and the folder that they were written to."""

    run: str
    folder: str
    discovery: Discovery


def discover(
    run: RunPath = LATEST,
    rows: Annotated[
        list[Path] | None,
        typer.Option("--rows", help="Look at the rows of this file, folder or glob instead; may be given repeatedly."),
    ] = None,
    field: Annotated[str, typer.Option("--field", help="The field or column of '--rows' with the text.")] = "text",
    everything: Annotated[
        bool, typer.Option("--everything", help="Look at all of the run's rows, those with a topic too.")
    ] = False,
    keeps: Annotated[
        float,
        typer.Option("--keeps", min=0.5, max=0.99, help="Share of the rows of known topics that is not looked at."),
    ] = 0.8,
    least: Annotated[
        int | None,
        typer.Option("--least", min=3, help="Rows of a proposal; by default 10, or 2 in 1,000.", show_default=False),
    ] = None,
    encoder: Annotated[str, typer.Option("--encoder", help="The sentence encoder, as candidates name it.")] = "minilm",
    annotator: Annotated[
        str | None,
        typer.Option("--annotator", help="An annotator of the project that names and checks the proposals."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder to write; by default 'discovery' in the run.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace proposals that were edited by hand.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find what no topic covers, and propose topics for it.

    Looked at are the run's rows without a label, those of the catch-all, and what looks unlike all known topics. How
    many proposals are to be trusted is measured by hiding known topics. Nothing changes: 'topicsmith accept' makes
    topics of the proposals that you mark in proposals.yaml.
    """
    if rows and everything:
        raise UserError("'--everything' looks at the run's own rows, '--rows' at others; give one of them")
    folder = find_run(run)
    place = out or folder.path / FOLDER
    progress = TerminalProgress(quiet)
    settings = DiscoverySettings(keeps=keeps, least=least, encoder=encoder)
    found = discover_in_run(folder, RowsWanted(tuple(rows or ()), field, everything), settings, annotator, progress)
    write_discovery(place, found.discovery, found.rows, overwrite=overwrite)
    if as_json:
        show(DiscoverDocument(command="discover", run=str(folder.path), folder=str(place), discovery=found.discovery))
        return
    sys.stdout.write(plain("\n".join(_lines(found.discovery))) + "\n")
    mention(f"{place / PROPOSALS}\n")
    if found.discovery.proposals:
        sys.stderr.write(f"Mark what you want with 'accept: yes' there, then: topicsmith accept {place} --write\n")


def _lines(found: Discovery) -> list[str]:
    new = [each for each in found.proposals if each.kind == "new"]
    other = [each for each in found.proposals if each.kind != "new"]
    looked = f"{found.looked_at:,} of {found.rows:,} rows ({found.source}) look like no topic"
    lines = [f"{looked}: {len(new)} new topics proposed, holding {sum(each.rows for each in new):,} rows"]
    if found.precision is not None and found.found is not None:
        lines.append(
            f"when known topics were hidden, {interval_text(found.precision)} of proposals were one of them, and "
            f"{interval_text(found.found)} of them were found"
        )
    if new:
        lines += ["", *_table(new[:_SHOWN])]
        if len(new) > _SHOWN:
            lines.append(f"... and {len(new) - _SHOWN} more")
    if other:
        lines += ["", *(f"{each.kind}: {each.name}: {each.evidence}" for each in other)]
    return [*lines, *(["", *(f"note: {line}" for line in found.notes)] if found.notes else [])]


def _table(proposals: list[Proposal]) -> list[str]:
    names = [each.name for each in proposals]
    width = max(len("proposed"), *map(len, names))
    near = max(len("nearest topic"), *(len(each.nearest or "") for each in proposals))
    lines = [f"{'proposed':<{width}}  {'rows':>6}  steady  {'nearest topic':<{near}}  terms"]
    for each in proposals:
        steady = "" if each.stability is None else percent(each.stability)
        terms = ", ".join(each.terms[:_SHOWN_TERMS])
        lines.append(
            f"{each.name:<{width}}  {each.rows:>6,}  {steady:>6}  {each.nearest or '':<{near}}  {terms}".rstrip()
        )
    return lines
