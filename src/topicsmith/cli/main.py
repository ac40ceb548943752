"""The command line: its options, and what turns errors into one line and an exit code."""

import os
import signal
import sys
from contextlib import suppress
from typing import Annotated

import typer

from topicsmith.cli.commands import Commands
from topicsmith.cli.last_door import known
from topicsmith.cli.streams import ReaderGoneError, drop_output, hold_streams
from topicsmith.errors import StorageError, TopicsmithError
from topicsmith.progress import plain
from topicsmith.version import __version__

HELP = """From conversation logs to a topic classifier you own.

\b
Start here:
  topicsmith demo                 the whole path on shipped conversations: no keys, no network
  topicsmith init my-topics       a project of your own, to edit and then 'topicsmith run'
"""

app = typer.Typer(
    name="topicsmith",
    cls=Commands,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        sys.stdout.write(f"topicsmith {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if debug:
        os.environ["TOPICSMITH_DEBUG"] = "1"


def _terminate(_number: int, _frame: object) -> None:
    """End on SIGTERM as on Ctrl-C: what is under way is put down in order, then the process ends with 143."""
    raise SystemExit(143)


def run() -> None:
    """Run the command line; the process ends with the exit code the docs state."""
    hold_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        try:
            app()
        except SystemExit as ending:
            if ending.code not in {None, 0}:
                raise
        sys.stdout.flush()  # an answer that nobody gets is a failure, where there is no worse one
    except SystemExit as ending:
        if ending.code in {130, 143}:  # Ctrl-C, SIGTERM
            _tell("topicsmith: stopped; what is done is kept, the same command goes on from there\n")
        _show_what_is_left()
        raise
    except ReaderGoneError:  # whoever read the answer has seen enough, as with 'head'
        drop_output()
        sys.exit(141)
    except Exception as error:  # the last door: a person gets one line, with --debug everything
        if os.environ.get("TOPICSMITH_DEBUG"):
            raise
        found = known(error) or error
        code = found.exit_code if isinstance(found, TopicsmithError) else 1
        _tell(f"topicsmith: {_one_line(found)}\n")
        if "--json" in sys.argv[1:]:
            with suppress(ReaderGoneError, StorageError):
                _show_error(_one_line(found), code)
        _show_what_is_left()
        sys.exit(code)


def _tell(line: str) -> None:
    """Write to standard error; where it is full, the exit code has to say it alone."""
    sys.stderr.write(line)
    sys.stderr.flush()


def _show_what_is_left() -> None:
    """Print what was held back, or let go of it: the exit code is settled."""
    try:
        sys.stdout.flush()
    except (ReaderGoneError, StorageError):
        drop_output()


def _show_error(line: str, code: int) -> None:
    from topicsmith.cli.json_output.documents import ErrorDocument, show

    command = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    show(ErrorDocument(command=command, exit_code=code, error=line))


def _one_line(error: Exception) -> str:
    text = plain(" ".join(str(error).split()))
    if isinstance(error, TopicsmithError):
        return text
    return f"{type(error).__name__}: {text} (not foreseen; run 'topicsmith --debug ...' to see where, and report it)"
