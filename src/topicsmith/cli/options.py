"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ProjectPath = Annotated[
    Path, typer.Option("--project", "-p", help="The project file, or the folder with topicsmith.yaml in it.")
]
RunName = Annotated[
    str | None, typer.Option("--run", help="The run's name under runs/; by default the project's name.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
LedgerPlace = Annotated[Path, typer.Argument(help="A project, a run folder, or a ledger file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable results on standard output.")]
