import pytest
import torch

from topicsmith.classifiers.torch_common.devices import choose_device, choose_precision, describe, memory_explained
from topicsmith.errors import ProjectError, TrainingError


def test_a_gpu_that_is_not_there_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ProjectError, match="'device: cuda' needs an NVIDIA GPU and this machine has none"):
        choose_device("cuda")
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("native", "chosen"), [(True, "bf16"), (False, "fp32")])
def test_auto_takes_bf16_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, native: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    cpu = torch.device("cpu")
    assert choose_precision("auto", cpu) == chosen
    assert choose_precision("fp32", cpu) == "fp32"
    assert choose_precision("bf16", cpu) == "bf16"


def test_a_gpu_without_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert choose_precision("auto", torch.device("cuda")) == "fp32"
    with pytest.raises(ProjectError, match="'precision: bf16' is not supported by this GPU"):
        choose_precision("bf16", torch.device("cuda"))


def test_the_device_in_words() -> None:
    assert describe(torch.device("cpu"), "fp32") == f"cpu, {torch.get_num_threads()} threads, fp32"


def test_only_running_out_of_memory_is_explained() -> None:
    for error in (torch.OutOfMemoryError("CUDA"), RuntimeError("you tried to allocate memory"), MemoryError()):
        with (
            pytest.raises(TrainingError, match=r"^out of memory in training; lower 'x'$"),
            memory_explained("training", "lower 'x'"),
        ):
            raise error
    with pytest.raises(RuntimeError, match="shapes"), memory_explained("training", "lower 'x'"):
        raise RuntimeError("shapes do not match")
