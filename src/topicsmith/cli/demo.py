"""``topicsmith demo``: the whole path on conversations that come with the package."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.atomic_files import write_bytes
from topicsmith.cli.options import AsJson, Quiet
from topicsmith.cli.running.run_command import execute
from topicsmith.errors import ProjectError
from topicsmith.pipeline import stage_names
from topicsmith.progress import TerminalProgress


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo project is made.")] = Path("topicsmith-demo"),
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run the whole path on shipped conversations.

    No keys, no network, one CPU. Ends with the path of a report to open.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "SOURCE.md").is_file():
        raise ProjectError(f"{folder}: already exists and is not the demo; name another folder")
    with as_file(files("topicsmith.demo")) as shipped:
        for path in sorted(shipped.iterdir()):
            if path.suffix != ".py" and path.is_file() and not (folder / path.name).exists():
                write_bytes(folder / path.name, path.read_bytes())
    execute("demo", folder, None, stage_names(), quiet, as_json)
    TerminalProgress(quiet).say(
        "Open the page in a browser. Then try the classifier, or begin your own project:\n"
        f"  echo 'find me cheap flights to Lisbon' | topicsmith classify {folder}\n"
        "  topicsmith init my-topics"
    )
