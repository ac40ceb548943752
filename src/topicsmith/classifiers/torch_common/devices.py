"""Which device and which number format a candidate computes with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from topicsmith.errors import ProjectError, TopicsmithError, TrainingError

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16"]


def choose_device(wanted: Device) -> torch.device:
    """The device; ``auto`` is the first GPU where one is, otherwise the processor.

    Raises:
        ProjectError: when a GPU is asked for and there is none.
    """
    present = torch.cuda.is_available()
    if wanted == "cuda" and not present:
        raise ProjectError("'device: cuda' needs an NVIDIA GPU and this machine has none; use 'device: auto'")
    return torch.device("cuda" if present and wanted != "cpu" else "cpu")


def choose_precision(wanted: Precision, device: torch.device) -> Literal["fp32", "bf16"]:
    """The number format of training; weights themselves always stay in single precision.

    ``auto`` is bf16 where the device multiplies it natively (which halves the time or better), otherwise fp32.

    Raises:
        ProjectError: when bf16 is asked for and the device cannot.
    """
    if wanted != "auto":
        if wanted == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
            raise ProjectError("'precision: bf16' is not supported by this GPU; use 'precision: fp32'")
        return wanted
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if _processor_has_bf16() else "fp32"


def _processor_has_bf16() -> bool:
    """Whether the processor has instructions for bf16 (AVX512-BF16 or AMX); other processors only emulate it."""
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # private, absent from some versions of torch
    return any(bool(getattr(torch.cpu, name, lambda: False)()) for name in probes)


def describe(device: torch.device, precision: str) -> str:
    """The device in words, for the model card."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {precision}"
    return f"cpu, {torch.get_num_threads()} threads, {precision}"


@contextmanager
def memory_explained(doing: str, cure: str, error: type[TopicsmithError] = TrainingError) -> Iterator[None]:
    """Turn running out of memory inside the block into one line: out of memory in ``doing``; ``cure``.

    A GPU's allocator has an error of its own; a processor's raises a plain one that says so.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as exc:
        if not isinstance(exc, torch.OutOfMemoryError | MemoryError) and "allocate memory" not in str(exc):
            raise
        raise error(f"out of memory in {doing}; {cure}") from exc
