"""Names that become files or folders."""

import pytest

from topicsmith.names import run_name, safe_name


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", "a/b", "../x", "/etc", "a\\b", "-rf", ".hidden", "a b", "a\0b", "x" * 81, "é" * 41, "~", "C:"],
)
def test_security_k16_a_name_that_leads_elsewhere_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="use "):
        safe_name(name)


def test_names_that_are_fine() -> None:
    assert [safe_name(name) for name in ("demo", "v2.1", "Größe_3", "9-lives", "x" * 80)] == [
        "demo", "v2.1", "Größe_3", "9-lives", "x" * 80,
    ]  # fmt: skip


def test_security_k16_latest_is_reserved_for_the_link() -> None:
    with pytest.raises(ValueError, match="'latest' is the link to the newest run"):
        run_name("latest")
    assert run_name("latest-2") == "latest-2"
