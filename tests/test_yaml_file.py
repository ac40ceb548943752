"""YAML with line numbers."""

import time
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from topicsmith.errors import ProjectError
from topicsmith.yaml_file import explain, read_document, root_node
from topicsmith.yaml_loaders import PlainLoader


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 1


class _Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: _Inner
    items: list[_Inner] = []
    share: Literal["all"] | Annotated[int, Field(ge=1)] = "all"
    name: str = ""


def finding(folder: Path, text: str) -> str:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    document = read_document(path, ProjectError)
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(document.value)
    return str(explain(caught.value, document, _Outer, ProjectError)).replace(f"{path}:", "")


def test_an_unknown_key_is_named_with_its_line_and_what_is_known(tmp_path: Path) -> None:
    text = "inner:\n  size: 2\n  colour: red\n"
    assert finding(tmp_path, text) == "3: unknown key 'inner.colour'; known: size"


def test_a_word_that_yaml_takes_for_a_truth_value_is_to_be_quoted(tmp_path: Path) -> None:
    says = '2: name: YAML reads off as false, which is no text; put it in quotes: "off"'
    assert finding(tmp_path, "inner: {}\nname: off\n") == says


def test_a_wrong_value_in_a_list_is_named(tmp_path: Path) -> None:
    text = "inner: {}\nitems:\n  - size: 1\n  - size: many\n"
    assert finding(tmp_path, text).startswith("4: items[1].size is 'many': ")


def test_every_kind_of_value_that_is_allowed_is_told(tmp_path: Path) -> None:
    assert finding(tmp_path, "inner: {}\nshare: 0\n") == (
        "2: share is 0: input should be 'all' or greater than or equal to 1"
    )
    assert finding(tmp_path, "inner: {}\nshare: some\n").startswith(
        "2: share is 'some': input should be 'all' or a valid integer"
    )


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert finding(tmp_path, "items: []\n") == "1: missing key 'inner'"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: [1", b"a: 1\na: 2\n", b"a: !!python/object:os.system x"])
def test_what_is_no_safe_yaml_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        read_document(path, ProjectError)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is a folder"):
        read_document(tmp_path, ProjectError)


def test_rates_may_be_written_the_short_way(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("rates: [2e-4, 1E3, -5e-1, 2.5e-5]\nname: 2e\n")
    assert read_document(path, ProjectError).value == {"rates": [0.0002, 1000.0, -0.5, 2.5e-05], "name": "2e"}


DEEP = "name: " + "[" * 3000 + "]" * 3000
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 9) + "]" for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: &a\n  x: *a\n", ":1: not YAML: nested too deeply, or an alias within itself"),
        ("a: &a [x, *a]\n", ":1: not YAML: nested too deeply, or an alias within itself"),
        (BOMB, "nested too deeply, or an alias within itself"),
        (DEEP, ": nested too deeply; a project file is a few levels deep"),
        ("? [a, b]\n: c\n", "holds a value that cannot be read: unhashable type: 'list'"),
        ("? {a: b}\n: c\n", "holds a value that cannot be read: unhashable type: 'dict'"),
        ("name: 2024-99-99\n", "holds a value that cannot be read: month must be in 1..12"),
        ("name: " + "9" * 5000, "a number out of range; put text in quotes"),
        ('!!timestamp "x"\n', "holds a value that cannot be read"),
        ("!!python/object:os.system x\n", ":1: not YAML: could not determine a constructor"),
    ],
)
def test_security_k20_a_hostile_file_is_an_error_of_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "topicsmith.yaml"
    path.write_text(text)
    with pytest.raises(ProjectError) as raised:
        read_document(path, ProjectError)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_both_loaders_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: 2e-4\nb: [x, {c: yes, d: 2024-01-02}]\ne: &e |\n  two\n  lines\nf: *e\n'g': \"\\u00e9\"\n# end\n"
    path = tmp_path / "t.yaml"
    path.write_text(text)
    fast = read_document(path, ProjectError)
    monkeypatch.setattr("topicsmith.yaml_file.loader_for", PlainLoader)
    slow = read_document(path, ProjectError)
    assert (fast.value, fast.lines) == (slow.value, slow.lines)
    assert fast.value["a"] == 2e-4  # type: ignore[index]


def test_the_places_of_nodes_are_known() -> None:
    node = root_node("é: [a, b]\n")
    assert node is not None
    assert (node.value[0][1].start_mark.index, node.value[0][1].end_mark.index) == (3, 9)
    assert root_node("") is None


def test_brackets_inside_brackets_end_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    for text in ("[" * 100_000, "{a:" + "[" * 3000):
        path.write_text(text)
        started = time.monotonic()
        with pytest.raises(ProjectError, match="nested too deeply; a project file is a few levels deep"):
            read_document(path, ProjectError)
        assert time.monotonic() - started < 2


def test_training_unclear_names_of_classes_are_not_shown(tmp_path: Path) -> None:
    assert finding(tmp_path, "inner: off\nname: x\n") == "1: inner is off: input should be a valid mapping"
    assert finding(tmp_path, "inner: {}\nname: x\nno: 1\n") == (
        '3: YAML reads no as false, which is no text; put it in quotes: "no"'
    )


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "[{"])
def test_open_levels_without_end_cost_no_time(opening: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(opening * 100_000)
    began = time.monotonic()
    with pytest.raises(ProjectError, match=r"a.yaml:1: not YAML: nested too deeply"):
        read_document(path, ProjectError)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("number", ["9" * 30, "0x" + "f" * 5000, "1:" * 5000 + "1", "-0b" + "1" * 70, str(2**63)])
def test_a_number_that_nothing_holds_is_refused_by_its_line(number: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"name: x\nseed: {number}\n")
    with pytest.raises(ProjectError, match=r"a.yaml:2: not YAML: a number out of range; put text in quotes"):
        read_document(path, ProjectError)


def test_numbers_and_levels_that_fit_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"a: {2**63 - 1}\nb: -0x10\nc: {'[' * 40}{']' * 40}\n")
    value = read_document(path, ProjectError).value
    assert isinstance(value, dict)
    assert (value["a"], value["b"]) == (2**63 - 1, -16)


def test_a_file_that_nobody_wrote_by_hand_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicsmith.yaml_file.MOST_BYTES", 2 * 1024 * 1024)
    (tmp_path / "a.yaml").write_bytes(b"a" * (2 * 1024 * 1024 + 1))
    with pytest.raises(ProjectError, match=r"a.yaml: is larger than 2 MiB, which nobody writes by hand"):
        read_document(tmp_path / "a.yaml", ProjectError)
