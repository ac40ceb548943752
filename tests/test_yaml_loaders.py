"""Which loader reads what."""

import hypothesis
import pytest
import yaml
from hypothesis import strategies

from topicsmith.yaml_loaders import DEEPEST, FastLoader, PlainDumper, PlainLoader, loader_for


def test_what_is_yaml_is_read_by_libyaml_and_what_is_not_by_the_one_with_words() -> None:
    assert isinstance(loader_for("a: [1, 2]\n"), FastLoader)
    assert isinstance(loader_for("a: [1, 2\n"), PlainLoader)


@pytest.mark.parametrize("opening", ["[", "- ", "{a: "])
def test_the_deepest_level_is_read_and_the_next_is_not(opening: str) -> None:
    closing = {"[": "]", "- ": "", "{a: ": "}"}[opening]
    assert loader_for(opening * DEEPEST + "x" + closing * DEEPEST).get_single_data() is not None
    with pytest.raises(yaml.YAMLError, match="nested too deeply"):
        loader_for(opening * (DEEPEST + 1) + "x" + closing * (DEEPEST + 1))


@pytest.mark.parametrize("loader", [FastLoader, PlainLoader])
def test_both_refuse_a_key_written_twice_and_read_powers_of_ten(loader: type[yaml.SafeLoader]) -> None:
    assert yaml.load("a: 2e-4", loader) == {"a": 2e-4}
    with pytest.raises(yaml.YAMLError, match="duplicate key 'a'"):
        yaml.load("a: 1\na: 2", loader)
    with pytest.raises(yaml.YAMLError, match="a number out of range"):
        yaml.load("a: " + "9" * 30, loader)


@pytest.mark.parametrize("text", ["\x85", "a\x85b", "\u2028", "a\u2029b", "a\nb\x85c", "a\r\nb"])
@pytest.mark.parametrize("loader", [FastLoader, PlainLoader])
def test_line_ends_of_any_kind_are_read_as_they_were_written(text: str, loader: type[yaml.SafeLoader]) -> None:
    written = yaml.dump({text: [text]}, Dumper=PlainDumper, allow_unicode=True)
    assert yaml.load(written, loader) == {text: [text]}


@hypothesis.given(strategies.text())
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    written = yaml.dump([text], Dumper=PlainDumper, allow_unicode=True)
    assert yaml.load(written, PlainLoader) == [text]
