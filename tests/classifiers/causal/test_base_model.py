"""What may serve as a base model, and what is refused in one line."""

import json
import shutil
from pathlib import Path

import pytest

from topicsmith.classifiers.causal.base_model import (
    base_document,
    base_of_adapters,
    context_length,
    find_base,
    load_base,
    load_tokenizer,
    refuse_remote_code,
)
from topicsmith.errors import ModelFolderError, ProjectError, TrainingError

torch = pytest.importorskip("torch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text('{"model_type": "qwen3"}')
    return tmp_path / "base"


def test_a_folder_beside_the_project_comes_before_the_hub(tiny_causal_base: Path) -> None:
    assert find_base(tiny_causal_base.name, tiny_causal_base.parent) == str(tiny_causal_base)
    assert find_base("Qwen/Qwen3-0.6B", tiny_causal_base.parent) == "Qwen/Qwen3-0.6B"


def test_a_folder_that_does_not_exist_or_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no such model folder; check 'model'"):
        find_base("./nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFolderError, match="not a model folder, it has no"):
        find_base("empty", tmp_path)


def test_pickled_weights_are_refused_fault_74(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelFolderError, match=r"its weights are pickled \(pytorch_model.bin\), which can run code"):
        find_base("base", folder.parent)


def test_code_of_its_own_is_refused_fault_75(folder: Path) -> None:
    config = {"model_type": "odd", "auto_map": {"AutoModelForCausalLM": "modeling_odd.Odd"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelFolderError, match=r"needs custom code \('auto_map' in config.json\)"):
        find_base("base", folder.parent)
    with pytest.raises(ModelFolderError, match="which is never run"):
        refuse_remote_code(config, "hub/odd")


def test_a_model_that_is_not_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelFolderError, match="cannot be loaded as a causal model"):
        load_tokenizer("nobody/no-such-model-here")


def test_damaged_weights_are_one_line(folder: Path, tiny_causal_base: Path) -> None:
    (folder / "config.json").write_bytes((tiny_causal_base / "config.json").read_bytes())
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelFolderError) as raised:
        load_base(str(folder))
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here, so 4-bit weights work")
def test_four_bits_need_a_gpu(tiny_causal_base: Path) -> None:
    with pytest.raises(ProjectError, match="'quantization: 4bit' needs a GPU and none was found"):
        load_base(str(tiny_causal_base), "4bit")


def test_the_context_is_the_configurations(tiny_causal_base: Path) -> None:
    assert context_length(load_base(str(tiny_causal_base))) == 1024


def test_out_of_memory_in_loading_says_what_to_choose(tiny_causal_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoModelForCausalLM

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", full)  # memory cannot be filled in a test
    with pytest.raises(TrainingError, match=r"out of memory in loading '.*'; choose a smaller model, or 'quant"):
        load_base(str(tiny_causal_base))


def moved_base(tiny_causal_base: Path, tmp_path: Path) -> tuple[dict[str, object], Path, Path]:
    """A project with a base and a model folder whose adapters belong to it, and what the folder says of its base."""
    base, folder = tmp_path / "project" / "base", tmp_path / "project" / "runs" / "x" / "m"
    shutil.copytree(tiny_causal_base, base)
    folder.mkdir(parents=True)
    return base_document(str(base), folder), base, folder


def test_training_k05_adapters_find_their_base_when_the_project_moves(
    tiny_causal_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, base, folder = moved_base(tiny_causal_base, tmp_path)
    assert document["base"] == "../../../base"
    monkeypatch.chdir(tmp_path)
    assert base_of_adapters(document, folder) == str(base.resolve())
    base.parent.rename(tmp_path / "elsewhere")
    there = tmp_path / "elsewhere"
    assert base_of_adapters(document, there / "runs/x/m") == str((there / "base").resolve())


def test_training_k05_a_base_that_is_gone_is_not_asked_for_on_the_hub(
    tiny_causal_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, base, folder = moved_base(tiny_causal_base, tmp_path)
    shutil.copytree(base, tmp_path / "stranger" / "base")  # what the working folder holds does not count
    monkeypatch.chdir(tmp_path / "stranger")
    shutil.rmtree(base)
    with pytest.raises(ModelFolderError, match=r"its base model was the folder .*/project/base, which is not there"):
        base_of_adapters(document, folder)


def test_training_k04_adapters_refuse_other_weights_in_their_bases_place(
    tiny_causal_base: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    document, base, folder = moved_base(tiny_causal_base, tmp_path)
    weights = load_file(base / "model.safetensors")
    save_file({name: each + 1e-3 for name, each in weights.items()}, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelFolderError, match="no longer the one it was trained on"):
        base_of_adapters(document, folder)


def test_a_name_on_the_hub_stays_one(tmp_path: Path) -> None:
    document = base_document("org/name", tmp_path)
    assert document == {"base": "org/name", "base_digest": None}
    assert base_of_adapters(document, tmp_path) == "org/name"


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_attack_k20_weights_that_are_no_numbers_are_named(tiny_causal_base: Path, tmp_path: Path, value: str) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny_causal_base, tmp_path / "base")
    weights = load_file(tmp_path / "base" / "model.safetensors")
    weights["model.norm.weight"][3] = float(value)
    save_file(weights, tmp_path / "base" / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelFolderError, match=r"base: 1 of the \d+ weights of 'model.norm.weight' are not finite"):
        load_base(str(tmp_path / "base"))


@pytest.mark.parametrize("text", ["[]", "{", '"x"', "[" * 100_000])
def test_attack_k20_a_configuration_of_another_form_is_one_line(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelFolderError, match=r"config.json: ") as raised:
        find_base("base", folder.parent)
    assert "\n" not in str(raised.value)


def test_training_k14_another_architecture_is_named_as_such(tmp_path: Path) -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    sizes = {"vocab_size": 50, "d_model": 16, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    T5ForConditionalGeneration(T5Config(**sizes)).save_pretrained(tmp_path / "base")
    with pytest.raises(ModelFolderError, match=r"base: is of an architecture that transformers knows as no causal"):
        load_base(str(tmp_path / "base"))


@pytest.mark.parametrize(
    ("given", "length"),
    [({"max_position_embeddings": -1}, 2048), ({"n_positions": 128}, 128), ({"max_position_embeddings": 64}, 64)],
)
def test_a_length_that_is_none_is_not_believed(given: dict[str, int], length: int) -> None:
    from types import SimpleNamespace

    config = SimpleNamespace(**given)
    assert context_length(SimpleNamespace(config=SimpleNamespace(get_text_config=lambda: config))) == length
