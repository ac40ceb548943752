"""``topicsmith init``: a project folder to begin with."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.atomic_files import write_bytes
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.errors import ProjectError
from topicsmith.templates import read_template


@dataclass(frozen=True, kw_only=True)
class InitDocument(JsonDocument):
    """``init``: the files that were made."""

    project: str
    taxonomy: str
    data: str


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    as_json: AsJson = False,
) -> None:
    """Make a project folder of your own.

    It holds topicsmith.yaml and taxonomy.yaml, with comments to guide you, and an empty data folder.
    """
    for name in ("topicsmith.yaml", "taxonomy.yaml"):
        if (folder / name).exists():
            raise ProjectError(f"{folder / name}: already exists and was not changed; choose another folder")
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in folder.resolve().name).strip("-_.") or "topics"
    write_bytes(folder / "topicsmith.yaml", read_template("topicsmith.yaml").replace("NAME", name).encode())
    write_bytes(folder / "taxonomy.yaml", read_template("taxonomy.yaml").encode())
    (folder / "data").mkdir(exist_ok=True)
    project, taxonomy, data = (folder / each for each in ("topicsmith.yaml", "taxonomy.yaml", "data"))
    if as_json:
        show(InitDocument(command="init", project=str(project), taxonomy=str(taxonomy), data=str(data)))
        return
    sys.stdout.write(f"{project}\n")
    sys.stderr.write(f"Put your logs in {data}, name your topics in taxonomy.yaml, then: topicsmith run -p {folder}\n")
