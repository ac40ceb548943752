"""Where training stands, on disk: safetensors with a JSON head, replaced whole."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from topicsmith.atomic_files import replacing
from topicsmith.classifiers.torch_common.weight_averaging import WeightAverage
from topicsmith.errors import RunStateError, TrainingError
from topicsmith.json_file import parse_json

_STATE = "checkpoint.safetensors"
_BEST = "best.safetensors"


@dataclass
class EpochScore:
    """One epoch's end: mean training loss, and accuracy and loss on the validation rows (``None`` without any)."""

    epoch: int
    training_loss: float
    accuracy: float | None
    loss: float | None


@dataclass
class LossCurve:
    """How training went so far: the loss of every step, and the score of every epoch."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    epochs: list[EpochScore] = field(default_factory=list)

    @property
    def best(self) -> EpochScore | None:
        """The epoch of highest validation accuracy, of equals the one of lowest validation loss."""
        scored = [e for e in self.epochs if e.loss is not None]
        return max(scored, key=lambda e: (e.accuracy or 0.0, -(e.loss or 0.0)), default=None)


class CheckpointStore:
    """Checkpoints of one training; ``fingerprint`` tells it from any other."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Use ``folder``; checkpoints with another fingerprint are not read."""
        self.folder = folder
        self.fingerprint = fingerprint

    @property
    def state_file(self) -> Path:
        """Where :meth:`save` writes."""
        return self.folder / _STATE

    def save(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, average: WeightAverage, curve: LossCurve
    ) -> None:
        """Keep weights and their average, the optimizer's moments and the curve."""
        tensors = {f"weight.{name}": tensor for name, tensor in _trained(model).items()}
        tensors |= {f"average.{name}": tensor for name, tensor in average.tensors.items()}
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        for parameter, state in optimizer.state.items():
            tensors |= {f"{key}.{names[id(parameter)]}": value for key, value in state.items()}
        self._write(_STATE, tensors, asdict(curve))

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer, average: WeightAverage) -> LossCurve:
        """Put the last saved state back; a new curve where there is none of this training."""
        found = self._read(_STATE)
        if found is None:
            return LossCurve()
        tensors, document = found
        _set(model, _under("weight.", tensors))
        average.restore(_under("average.", tensors))
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                name = next(n for n, p in model.named_parameters() if p is parameter)
                keys = ("step", "exp_avg", "exp_avg_sq")
                state = {key: tensors[f"{key}.{name}"] for key in keys if f"{key}.{name}" in tensors}
                if state:
                    optimizer.state[parameter] = {k: _beside(k, v, parameter) for k, v in state.items()}
        epochs = [EpochScore(**entry) for entry in document["epochs"]]
        return LossCurve(document["step"], document["losses"], epochs)

    def save_best(self, model: nn.Module) -> None:
        """Keep the weights of the best epoch so far."""
        self._write(_BEST, _trained(model), {})

    def restore_best(self, model: nn.Module) -> None:
        """Put the weights of the best epoch back.

        Raises:
            TrainingError: when they are gone.
        """
        found = self._read(_BEST)
        if found is None:
            raise TrainingError(f"{self.folder / _BEST}: the best weights are gone; remove {self.folder} and run again")
        _set(model, found[0])

    def _write(self, name: str, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        whole = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
        with replacing(self.folder / name) as temporary:
            save_file(whole, temporary, {"fingerprint": self.fingerprint, "state": json.dumps(document)})

    def _read(self, name: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        try:
            with safe_open(self.folder / name, "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("fingerprint") != self.fingerprint:
                    return None
                state = parse_json(metadata["state"].encode(), self.folder / name)
                return {key: file.get_tensor(key) for key in file.keys()}, state  # noqa: SIM118
        except (OSError, SafetensorError, KeyError, RunStateError):  # damaged: as if it were not there
            return None


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _trained(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.data for name, p in model.named_parameters() if p.requires_grad}


def _set(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    parameters = dict(model.named_parameters())
    for name, tensor in tensors.items():
        parameters[name].data.copy_(tensor)


def _beside(key: str, value: Tensor, parameter: nn.Parameter) -> Tensor:
    """``value`` on its parameter's device; counters of steps stay where the optimizer keeps them."""
    return value.to(parameter.device) if key != "step" or parameter.is_cuda else value
