"""``topicsmith taxonomy`` as a person meets it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith

pytestmark = pytest.mark.slow


def test_versions_differences_and_edits(small_project: Path) -> None:
    empty = topicsmith("taxonomy", "log", "-p", small_project)
    assert (empty.returncode, empty.stdout) == (
        0,
        (
            f"{small_project}/topicsmith.history: there is no version yet; 'topicsmith run' or 'taxonomy apply "
            "--write' keeps the first\n"
        ),
    )
    topicsmith("run", "-q", "-p", small_project, "--until", "agree")
    same = topicsmith("taxonomy", "diff", "-p", small_project)
    assert same.stdout.splitlines()[1:] == ["no topic changed"]
    edits = small_project / "edits.yaml"
    edits.write_text("- {rename: Music, to: Sound}\n- {split: Money, into: [Loans, Savings]}\n")
    before = (small_project / "topicsmith.yaml").read_text()
    shown = topicsmith("taxonomy", "apply", edits, "-p", small_project)
    assert shown.stdout.splitlines()[:3] == [
        "renamed   'Music' to 'Sound'",
        "split     'Money' into 'Loans', 'Savings'",
        "run small: 60 rows are given topics that are split or removed",
    ]
    assert shown.stderr == f"{small_project}/topicsmith.yaml: is not changed; add '--write' to write it\n"
    assert (small_project / "topicsmith.yaml").read_text() == before
    written = topicsmith("taxonomy", "apply", edits, "-p", small_project, "--write", "--json")
    document = json.loads(written.stdout)
    assert (document["written"], document["version"], document["effects"]["given_put_up"]) == (True, 2, 60)
    again = topicsmith("taxonomy", "apply", edits, "-p", small_project, "--write")
    assert again.returncode == 0
    assert again.stderr.splitlines() == [
        f"{edits}:1: already applied: rename Music into Sound",
        f"{edits}:2: already applied: split Money into Loans, Savings",
        f"{small_project}/topicsmith.yaml: all edits are in effect already; nothing to do",
    ]
    log = json.loads(topicsmith("taxonomy", "-p", small_project, "--json").stdout)
    assert [(each["version"], each["by"], len(each["changes"])) for each in log["versions"]] == [
        (1, "run", 0),
        (2, "apply", 2),
    ]
    diff = json.loads(topicsmith("taxonomy", "diff", "1", "2", "-p", small_project, "--json").stdout)
    assert [change["kind"] for change in diff["changes"]] == ["renamed", "split"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dif",), "'dif': no such action; the actions are log, diff, apply"),
        (("log", "x"), "'taxonomy log' takes no 'x'; see 'topicsmith taxonomy --help'"),
        (("log", "--write"), "'taxonomy log' takes no --write"),
        (("apply", "--sample", "3"), "'taxonomy apply' takes no --sample"),
        (("diff", "--same-meaning", "x"), "'taxonomy diff' takes no --same-meaning"),
        (("diff", "7"), "'7' is neither a version nor a file; there is no version yet"),
        (("apply", "none.yaml"), "none.yaml: no such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(small_project: Path, arguments: tuple[str, ...], said: str) -> None:
    done = topicsmith("taxonomy", *arguments, "-p", small_project)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
