"""The lazy list of commands says what the commands say."""

import subprocess
import sys

import pytest

from tests.cli.test_main import topicsmith
from topicsmith.cli.commands import SHORT_HELP


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT_HELP)
def test_the_list_says_the_first_line_of_the_command_s_own_help(name: str) -> None:
    own = topicsmith(name, "--help").stdout.partition("\n\n")[2].partition("\n\n")[0]
    assert " ".join(own.split()) == SHORT_HELP[name]


def test_a_misspelt_command_is_refused_with_the_nearest_name() -> None:
    done = topicsmith("clasify")
    assert done.returncode == 2
    assert "Did you mean 'classify'?" in done.stderr


def test_only_the_module_of_the_command_is_imported() -> None:
    code = "import sys; from topicsmith.cli.main import app; app(['init', '--help'], standalone_mode=False)"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{code}; print(sorted(m for m in sys.modules if m.startswith('topicsmith.cli.')))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    shared = {"commands", "json_output", "json_output.documents", "last_door", "main", "options", "streams"}
    assert loaded.stdout.splitlines()[-1] == str([f"topicsmith.cli.{name}" for name in sorted({*shared, "init"})])
