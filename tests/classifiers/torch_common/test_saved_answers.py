"""What was saved answers as what was trained."""

from pathlib import Path
from typing import Any

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.embedding import EmbeddingSettings
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import TrainingError
from topicsmith.records import TrainSet, ValidationSet


@pytest.mark.parametrize("kind", ["encoder", "embedding"])
def test_training_k1_a_base_that_does_not_survive_saving_is_told(
    kind: str, tiny: Path, train_set: TrainSet, context: FitContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import PreTrainedModel

    plain = PreTrainedModel.save_pretrained

    def spoilt(self: Any, folder: Path, **more: object) -> None:
        with_zeros = {name: weight * 0 if "layer.1" in name else weight for name, weight in self.state_dict().items()}
        plain(self, folder, state_dict=with_zeros, **more)

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", spoilt)
    chosen = {"encoder": EncoderSettings, "embedding": EmbeddingSettings}[kind]
    settings: Any = chosen(name="c", kind=kind, model=str(tiny))
    with pytest.raises(TrainingError, match="the saved classifier answers otherwise than the trained one"):
        train_candidate(settings, train_set, ValidationSet(()), context, tmp_path / "m")
    assert not (tmp_path / "m").exists()
