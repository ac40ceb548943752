"""The kind that is loaded and never fitted."""

from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith import plugins
from topicsmith.classifiers.base import traits_of
from topicsmith.classifiers.onnx.kind import KIND
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings


def test_it_comes_through_the_door() -> None:
    assert plugins.find("topicsmith.candidates", "onnx") is KIND
    assert traits_of("onnx").title == "an encoder for onnxruntime"


def test_fitting_says_what_to_do_instead(tmp_path: Path) -> None:
    settings = CandidateSettings(name="a", kind="onnx")
    with pytest.raises(ProjectError, match=r"'kind: onnx' cannot be trained: .* write 'kind: encoder'"):
        KIND.check(settings, tmp_path)
    with pytest.raises(ProjectError, match=r"'kind: onnx' cannot be trained: .*topicsmith export RUN --onnx"):
        KIND.fit(settings, None, None, None)  # type: ignore[arg-type]  # it looks at nothing


def test_a_project_with_it_ends_before_anything_is_done(small_project: Path) -> None:
    file = small_project / "topicsmith.yaml"
    file.write_text(file.read_text().replace("kind: linear", "kind: onnx"))
    with pytest.raises(ProjectError, match=r"'kind: onnx' cannot be trained"):
        run(small_project)


def test_the_card_says_what_the_graph_takes() -> None:
    note = KIND.use_alone({}).note
    assert "`input_ids` and `attention_mask` of shape (texts, tokens)" in note
