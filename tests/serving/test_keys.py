"""Keys are kept as hashes, told apart, and limited."""

from pathlib import Path

import pytest

from topicsmith.errors import UserError
from topicsmith.serving.keys import AccessKey, Doorkeeper, digest_of, make_key, parse_keys, read_keys
from topicsmith.serving.refusals import RefusedError


def test_a_new_key_is_let_in_by_its_line(tmp_path: Path) -> None:
    secret, made = make_key("web", 60)
    assert secret.startswith("tsk_")
    assert secret not in made.line()
    (tmp_path / "keys").write_text(f"# ours\n\n{made.line()}\n")
    found = read_keys(tmp_path / "keys")
    assert found == (AccessKey("web", digest_of(secret), 60),)
    assert Doorkeeper(found).let_in(f"Bearer {secret}") == found[0]
    assert Doorkeeper(found).let_in(f"bearer  {secret}") == found[0]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer tsk_wrong", "Basic {}", "{}", "Bearer {}x"])
def test_everything_else_is_not_let_in(header: str | None) -> None:
    secret, made = make_key("web")
    with pytest.raises(RefusedError) as found:
        Doorkeeper((made,)).let_in(None if header is None else header.format(secret))
    assert found.value.status == 401
    assert secret not in found.value.message


def test_without_keys_everybody_is_let_in() -> None:
    assert Doorkeeper(()).let_in(None) is None


def test_two_secrets_are_never_the_same() -> None:
    assert len({make_key("a")[0] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("tsk_abcdefghijkl", "keys:1: is not 'NAME sha256:"),
        ("web sha256:abc", "--make-key"),
        ("", "holds no key"),
        (f"a sha256:{'0' * 64}\na sha256:{'1' * 64}", "keys:2: the key 'a' is there already"),
    ],
)
def test_a_line_that_is_none_is_told_and_not_quoted(line: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as found:
        parse_keys(line.splitlines(), "keys")
    assert "tsk_" not in str(found.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read as a file of keys"):
        read_keys(tmp_path / "none")
    (tmp_path / "keys").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read as a file of keys"):
        read_keys(tmp_path / "keys")


def test_a_name_that_cannot_stand_in_the_file_is_refused() -> None:
    with pytest.raises(UserError, match="no name for a key"):
        make_key("a b")


def test_a_key_asks_no_more_than_its_limit_and_is_told_when_it_may_again() -> None:
    now = [0.0]
    key = AccessKey("web", "0" * 64, 60)
    door = Doorkeeper((key, AccessKey("other", "1" * 64, 60)), lambda: now[0])
    door.charge(key, 50)
    with pytest.raises(RefusedError) as found:
        door.charge(key, 20)
    assert (found.value.status, found.value.retry_after_s) == (429, 10)
    door.charge(door.keys[1], 60)  # another key has its own
    now[0] = 10.0
    door.charge(key, 20)
    with pytest.raises(RefusedError):
        door.charge(key, 1)
    now[0] = 1000.0
    door.charge(key, 60)


def test_a_request_larger_than_a_minute_is_told_so() -> None:
    key = AccessKey("web", "0" * 64, 60)
    with pytest.raises(RefusedError, match="send fewer") as found:
        Doorkeeper((key,)).charge(key, 61)
    assert found.value.retry_after_s is None
