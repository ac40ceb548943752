"""Every version of a taxonomy, kept beside its file."""

import json
import time
from pathlib import Path

import pytest

from tests.taxonomy_changes.test_compare import taxonomy_of
from topicsmith.errors import RunStateError, StorageError, TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_changes.history import history_path, read_history, record, steps_since

FIRST = taxonomy_of("A", "B", "Other", catch_all="Other")
SECOND = taxonomy_of(Topic("A2", was=("A",)), "B", "Other", catch_all="Other")
THIRD = taxonomy_of("A2", Topic("B", "about b"), "Other", catch_all="Other", removed=("A",))


def test_versions_are_added_and_read_back(tmp_path: Path) -> None:
    path = history_path(tmp_path / "taxonomy.yaml")
    assert path.name == "taxonomy.history"
    assert read_history(path) == ()
    for taxonomy in (FIRST, FIRST, SECOND):
        record(path, taxonomy)
    versions = record(path, THIRD, same_meaning=["B"], by="apply")
    assert [(each.number, each.by) for each in versions] == [(1, "run"), (2, "run"), (3, "apply")]
    again = read_history(path)
    assert [each.taxonomy for each in again] == [FIRST, SECOND, THIRD]
    assert [[change.kind for change in each.changes] for each in again] == [[], ["renamed"], ["reworded"]]
    assert again[2].same_meaning == ("B",)
    assert again[2].name == f"version 3 ({THIRD.version_digest[:8]})"


def test_steps_go_from_version_to_version(tmp_path: Path) -> None:
    path = tmp_path / "t.history"
    record(path, FIRST)
    record(path, SECOND)
    versions = record(path, THIRD, same_meaning=["B"])
    assert [step.names["Other"] for step in steps_since(versions, FIRST, THIRD)] == ["Other", "Other"]
    assert all(step.carries_all for step in steps_since(versions, FIRST, THIRD))
    assert steps_since(versions, THIRD, THIRD) == ()
    # Without the history 'A' is removed, 'A2' new, and nobody knows that 'B' means what it meant.
    (alone,) = steps_since((), FIRST, THIRD)
    assert (set(alone.put_up), alone.open_rows) == ({"A", "B"}, "unplaced")


def test_a_line_that_was_torn_off_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "t.history"
    record(path, FIRST)
    whole = path.read_bytes()
    record(path, SECOND)
    path.write_bytes(path.read_bytes()[:-9])
    assert len(read_history(path)) == 1
    assert len(record(path, SECOND)) == 2
    assert path.read_bytes().startswith(whole)
    assert [each.taxonomy for each in read_history(path)] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "t.history:2: not JSON"),
        ("{}", "t.history:2: digest: Field required"),
        ("[]", "t.history:2: "),
    ],
)
def test_a_damaged_line_is_named_with_the_cure(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "t.history"
    record(path, FIRST)
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RunStateError) as raised:
        record(path, SECOND)
    assert said in str(raised.value)
    assert "put back the line from your version control" in str(raised.value)


def test_topics_that_are_not_those_of_the_digest_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.history"
    (version,) = record(path, FIRST)
    entry = json.loads(path.read_text())
    entry["taxonomy"]["topics"][0]["name"] = "X"
    path.write_text(json.dumps(entry) + "\n")
    with pytest.raises(RunStateError, match=f"not the one of its digest {version.digest}"):
        _ = read_history(path)[0].taxonomy


def test_rows_of_a_topic_that_never_was_cannot_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "t.history"
    record(path, taxonomy_of("Account", "B"))
    with pytest.raises(TaxonomyError, match="'from: Acount', which never was a topic; did you mean 'Account'"):
        record(path, taxonomy_of("Account", "B", Topic("C", sources=("Acount",))))
    assert len(read_history(path)) == 1


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.history").mkdir()
    with pytest.raises(RunStateError, match="cannot be read"):
        record(tmp_path / "t.history", FIRST)
    with pytest.raises((StorageError, RunStateError)):
        record(Path("/proc/none/t.history"), FIRST)


@pytest.mark.slow
def test_long_histories_of_many_topics_are_read_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "t.history"
    for number in range(3):
        topics = tuple(Topic(f"topic {at}", f"about {at}" + "!" * number) for at in range(5000))
        record(path, Taxonomy(topics))
    started = time.monotonic()
    assert len(read_history(path)) == 3
    assert time.monotonic() - started < 2
