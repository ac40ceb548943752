"""The fingerprint of code and the versions of libraries."""

from importlib.metadata import version

from topicsmith.stages.base import code_fingerprint, library_versions, writes


def test_rooms_have_fingerprints_of_their_own() -> None:
    assert code_fingerprint(("labels",)) == code_fingerprint(("labels",))
    assert code_fingerprint(("labels",)) != code_fingerprint(("dataset",))


def test_versions_of_installed_libraries() -> None:
    found = library_versions(("numpy", "no-such-library"))
    assert found["numpy"] == version("numpy")
    assert set(found) == {"topicsmith", "numpy"}


def test_fixed_files() -> None:
    assert writes("a", "b")(None) == ("a", "b")  # type: ignore[arg-type]  # the project plays no part
