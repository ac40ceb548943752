"""Checkpoints of a training: tensors as safetensors, the rest as JSON, each checkpoint whole or not there."""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from topicsmith.errors import StorageError

_KEPT = 2


@dataclass
class TrainingState:
    """How far a training is.

    ``losses`` has the mean loss of every step, ``validation`` that of every epoch; ``best_epoch`` is the one with the
    lowest validation loss, -1 before the first. ``tensors`` holds weights, optimizer and random state by name.
    """

    fingerprint: str
    step: int = 0
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best_epoch: int = -1
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)


class CheckpointStore:
    """The checkpoints in one folder; the newest two are kept."""

    def __init__(self, folder: Path) -> None:
        """Keep checkpoints below ``folder``."""
        self.folder = folder

    def save(self, state: TrainingState) -> None:
        """Write a checkpoint; a process killed in between leaves the earlier ones as they were.

        Raises:
            StorageError: when the disk is full or failing.
        """
        from safetensors.torch import save_file

        final = self.folder / f"step-{state.step:08d}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=self.folder))
            try:
                save_file({k: v.contiguous() for k, v in state.tensors.items()}, temporary / "state.safetensors")
                plain = {k: v for k, v in asdict(_without_tensors(state)).items() if k != "tensors"}
                (temporary / "state.json").write_text(json.dumps(plain), encoding="utf-8")
                for path in temporary.iterdir():
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
                shutil.rmtree(final, ignore_errors=True)
                os.replace(temporary, final)  # noqa: PTH105  # atomic on one file system
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        except OSError as exc:
            raise StorageError(f"{final}: cannot be written: {exc.strerror or exc}; free space and run again") from exc
        for old in self._complete()[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def latest(self, fingerprint: str) -> TrainingState | None:
        """The newest checkpoint of a training with this fingerprint that can be read, or ``None``."""
        for folder in reversed(self._complete()):
            state = _read(folder)
            if state is not None and state.fingerprint == fingerprint:
                return state
        return None

    def clear(self) -> None:
        """Remove every checkpoint, and what killed processes left half-written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _complete(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))


def _without_tensors(state: TrainingState) -> TrainingState:
    return TrainingState(state.fingerprint, state.step, state.losses, state.validation, state.best_epoch)


def _read(folder: Path) -> TrainingState | None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        plain = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return TrainingState(**plain, tensors=load_file(folder / "state.safetensors"))
    except (OSError, ValueError, TypeError, SafetensorError):
        return None  # damaged: an earlier one, or the beginning, is as good
