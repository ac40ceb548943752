"""``topicsmith serve``: its options; the server is in tests/serving."""

import subprocess
import sys
from pathlib import Path

import pytest

from topicsmith.cli.serve import check_reach, serve
from topicsmith.errors import UserError
from topicsmith.serving.keys import Doorkeeper, make_key, parse_keys

KEYS = (make_key("web")[1],)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_this_machine_may_be_served_without_keys(host: str) -> None:
    check_reach(host, (), False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org"])
def test_fault_72_other_machines_are_served_with_keys_or_on_purpose(host: str) -> None:
    with pytest.raises(UserError, match="--make-key"):
        check_reach(host, (), False)
    check_reach(host, KEYS, False)
    check_reach(host, (), True)


@pytest.mark.slow
def test_a_key_is_printed_once_with_its_line() -> None:
    command = [sys.executable, "-m", "topicsmith", "serve", "--make-key", "web"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    secret, line = done.stdout.splitlines()
    assert Doorkeeper(parse_keys([line], "x")).let_in(f"Bearer {secret}") is not None


def test_something_must_be_served(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name what is to be served"):
        serve(make=None)


def test_keys_come_from_a_file_or_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOPICSMITH_SERVE_KEYS", "tsk_secret")
    with pytest.raises(UserError, match="TOPICSMITH_SERVE_KEYS:1") as found:
        serve(tmp_path, make=None, keys=None)
    assert "tsk_secret" not in str(found.value)
