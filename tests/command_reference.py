"""Writes ``docs/commands.md`` from what ``--help`` says; ``test_docs`` holds the two together."""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
HEAD = """# Commands

Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 the input is wrong, 3 stopped by
its own limits, 130 interrupted, 143 terminated, all three with everything kept. This page is written by `make docs`.
"""


def help_text(*command: str) -> str:
    """What ``topicsmith COMMAND --help`` prints at 100 columns."""
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    arguments = [sys.executable, "-m", "topicsmith", *command, "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.replace("python -m topicsmith", "topicsmith").rstrip()


def command_names() -> list[str]:
    """The commands, in the order of ``--help``."""
    from topicsmith.cli.commands import SHORT_HELP

    return list(SHORT_HELP)


def render() -> str:
    """The page."""
    parts = [HEAD, f"```text\n{help_text()}\n```\n"]
    parts += [f"## {name}\n\n```text\n{help_text(name)}\n```\n" for name in command_names()]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
