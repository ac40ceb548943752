"""What is installed is what is pinned: the lock against constraints, extras and what stands on the machine."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
BY_VERSION_ALONE = {"torch"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(text: str) -> dict[str, str]:
    found = re.finditer(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)", text, re.MULTILINE)
    return {normal(match[1]): match[2] for match in found}


def differing(installed: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """What is installed in another version than is wanted; builds of one version (``+cpu``) are that version."""
    return [
        f"{name} {version}, pinned {wanted[name]}"
        for name, version in sorted(installed.items())
        if name in wanted and version.partition("+")[0] != wanted[name]
    ]


CONSTRAINTS = pinned((ROOT / "constraints.txt").read_text())


def test_security_k26_what_is_installed_is_what_is_pinned() -> None:
    installed = {normal(each.name): each.version for each in distributions()}
    assert {"numpy", "jinja2"} <= set(installed)
    assert differing(installed, {**CONSTRAINTS, **pinned(LOCK)}) == []


def test_security_k26_another_version_is_noticed() -> None:
    assert differing({"torch": "2.13.0+cpu", "numpy": "1.0"}, {"torch": "2.13.0", "numpy": "2.4.6"}) == [
        "numpy 1.0, pinned 2.4.6"
    ]


def test_fault_81_every_entry_of_the_lock_has_hashes_and_no_address() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+( ; [^\\]+)? \\\n", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host| @ ", LOCK)


def test_fault_81_the_lock_and_the_constraints_agree() -> None:
    locked = pinned(LOCK)
    assert [name for name, version in locked.items() if CONSTRAINTS.get(name, version) != version] == []
    assert "torch" in CONSTRAINTS
    assert not BY_VERSION_ALONE & set(locked)


def _required() -> list[tuple[str, str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return [(extra, line) for extra, lines in groups.items() for line in lines]


@pytest.mark.parametrize(("extra", "line"), _required())
def test_security_k26_the_lock_covers_every_extra(extra: str, line: str) -> None:
    match = re.match(r"[A-Za-z0-9._-]+", line)
    assert match, extra
    assert normal(match[0]) in {*pinned(LOCK), *BY_VERSION_ALONE, "topicsmith"}
