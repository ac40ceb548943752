"""Averages of weights, worked out by hand."""

import pytest
import torch
from torch import nn

from topicsmith.classifiers.torch_common.weight_averaging import WeightAverage


def _model(value: float) -> nn.Linear:
    model = nn.Linear(1, 1)
    model.bias.requires_grad = False
    with torch.no_grad():
        model.weight.fill_(value)
    return model


def test_the_memory_grows_until_the_decay_bounds_it() -> None:
    model = _model(0.0)
    average = WeightAverage(model, 0.2)
    assert list(average.tensors) == ["weight"]
    with torch.no_grad():
        model.weight.fill_(10.0)
    average.update(1)  # 1 / 10 is kept
    assert average.tensors["weight"].item() == pytest.approx(9.0)
    average.update(2)  # 2 / 11 is kept
    assert average.tensors["weight"].item() == pytest.approx(9.0 * 2 / 11 + 10.0 * 9 / 11)
    before = average.tensors["weight"].item()
    average.update(1000)  # no more than 0.2 is kept
    assert average.tensors["weight"].item() == pytest.approx(0.2 * before + 0.8 * 10.0)


def test_the_average_stands_in_for_the_weights_and_gives_them_back() -> None:
    model = _model(4.0)
    average = WeightAverage(model, 0.9)
    average.restore({"weight": torch.full((1, 1), 2.0)})
    with average.applied():
        assert model.weight.item() == 2.0
    assert model.weight.item() == 4.0
    average.apply()
    assert model.weight.item() == 2.0


def test_without_a_decay_nothing_is_kept() -> None:
    model = _model(3.0)
    average = WeightAverage(model, 0.0)
    average.update(1)
    with average.applied():
        assert model.weight.item() == 3.0
    assert average.tensors == {}
