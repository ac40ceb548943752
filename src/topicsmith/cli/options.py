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
RunPath = Annotated[Path, typer.Argument(help="A run folder, or a project for its latest run.")]
AnswersFile = Annotated[
    Path | None,
    typer.Argument(help="A file that 'classify' wrote; by default the run's own queries.", show_default=False),
]
AnsweredBy = Annotated[
    str | None, typer.Option("--candidate", help="Whose answers they are; by default what the run says to deploy.")
]
LATEST = Path("runs/latest")
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable results on standard output.")]
