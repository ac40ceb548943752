"""A discovery in its folder: written, read, and refused where something is amiss."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.discovery.made import HOSTILE, PROPOSALS, discovery, proposal, rows
from topicsmith.discovery.files import KeptDiscovery, read_discovery, write_discovery
from topicsmith.errors import RunStateError, UserError


@pytest.fixture
def kept(tmp_path: Path) -> KeptDiscovery:
    return write_discovery(tmp_path / "d", discovery(), rows())


def test_what_is_written_is_read(kept: KeptDiscovery) -> None:
    assert read_discovery(kept.folder) == kept
    assert (kept.discovery, list(kept.rows)) == (discovery(), rows())
    assert sorted(path.name for path in kept.folder.iterdir()) == [
        "discovery.html", "discovery.json", "proposals.yaml", "rows.parquet",
    ]  # fmt: skip


def test_the_same_discovery_gives_the_same_bytes(kept: KeptDiscovery) -> None:
    before = {path.name: path.read_bytes() for path in kept.folder.iterdir()}
    write_discovery(kept.folder, discovery(), rows())
    assert {name: data for name, data in before.items() if name != "discovery.json"} == {
        path.name: path.read_bytes() for path in kept.folder.iterdir() if path.name != "discovery.json"
    }


def test_any_text_survives(tmp_path: Path) -> None:
    odd = proposal(1, name=f"half \ud83d {HOSTILE}", terms=(HOSTILE,), examples=(HOSTILE, "a\nb"), evidence=HOSTILE)
    kept = write_discovery(tmp_path, discovery(odd), rows(odd))
    found = read_discovery(tmp_path).discovery.proposals[0]
    assert kept.discovery.proposals[0] == found == replace(odd, name=f"half \ufffd {HOSTILE}")


def test_an_edited_file_of_proposals_is_never_replaced_unasked(kept: KeptDiscovery) -> None:
    path = kept.folder / "proposals.yaml"
    path.write_text(path.read_text().replace("accept: no", "accept: yes", 1))
    edited, record = path.read_text(), (kept.folder / "discovery.json").read_bytes()
    with pytest.raises(UserError, match=r"proposals\.yaml: has been edited since it was written; .*'--overwrite'"):
        write_discovery(kept.folder, discovery(*PROPOSALS[:2]), rows(*PROPOSALS[:2]))
    assert (path.read_text(), (kept.folder / "discovery.json").read_bytes()) == (edited, record)
    again = write_discovery(kept.folder, discovery(*PROPOSALS[:2]), rows(*PROPOSALS[:2]), overwrite=True)
    assert read_discovery(kept.folder) == again
    assert "accept: yes" not in path.read_text().partition("proposals:")[2]


def test_one_that_nobody_edited_is_replaced_also_after_a_crash(kept: KeptDiscovery) -> None:
    old = (kept.folder / "proposals.yaml").read_bytes()
    write_discovery(kept.folder, discovery(*PROPOSALS[:2]), rows(*PROPOSALS[:2]))
    (kept.folder / "proposals.yaml").write_bytes(old)  # as if the process had died behind the record
    write_discovery(kept.folder, discovery(*PROPOSALS[:3]), rows(*PROPOSALS[:3]))
    assert len(read_discovery(kept.folder).discovery.proposals) == 3


def test_a_file_without_its_record_counts_as_edited(kept: KeptDiscovery) -> None:
    (kept.folder / "discovery.json").unlink()
    with pytest.raises(UserError, match="has been edited"):
        write_discovery(kept.folder, discovery(), rows())


def test_a_damaged_record_is_told_in_one_line(kept: KeptDiscovery) -> None:
    path = kept.folder / "discovery.json"
    document = orjson.loads(path.read_bytes())
    damage = {
        "not JSON": b"{",
        "another version": orjson.dumps({**document, "format": 2}),
        "discovery.proposals.0.kind": path.read_bytes().replace(b'"kind": "new"', b'"kind": "old"'),
        "discovery.proposals.0.rows": path.read_bytes().replace(b'"rows": 12', b'"rows": "x"'),
        "rows.parquet: is not what": orjson.dumps({**document, "rows": "0" * 64}),
    }
    for said, data in damage.items():
        path.write_bytes(data)
        with pytest.raises(RunStateError) as refused:
            read_discovery(kept.folder)
        assert said in str(refused.value)
        assert "'topicsmith discover'" in str(refused.value)
        assert "\n" not in str(refused.value)
    path.unlink()
    with pytest.raises(RunStateError, match="does not exist; 'topicsmith discover' makes it"):
        read_discovery(kept.folder)


def test_other_rows_are_refused(kept: KeptDiscovery, tmp_path: Path) -> None:
    path = kept.folder / "rows.parquet"
    other = write_discovery(tmp_path / "other", discovery(*PROPOSALS[:1]), rows(*PROPOSALS[:1]))
    path.write_bytes((other.folder / "rows.parquet").read_bytes())
    with pytest.raises(RunStateError, match=r"rows\.parquet: is not what discovery\.json was written with"):
        read_discovery(kept.folder)
    path.unlink()
    with pytest.raises(RunStateError, match=r"rows\.parquet: cannot be read"):
        read_discovery(kept.folder)
    write_discovery(tmp_path / "odd", discovery(*PROPOSALS[:1]), rows())
    with pytest.raises(RunStateError, match="has rows of proposal"):
        read_discovery(tmp_path / "odd")


def test_nothing_found_is_written_too(tmp_path: Path) -> None:
    nothing = replace(discovery(), proposals=(), precision=None, found=None)
    assert write_discovery(tmp_path, nothing, []) == read_discovery(tmp_path)
    assert "proposals: []" in (tmp_path / "proposals.yaml").read_text()
    assert "Nothing to propose." in (tmp_path / "discovery.html").read_text()
