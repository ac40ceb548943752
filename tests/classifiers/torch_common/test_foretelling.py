"""Telling the time of a training beforehand, and leaving no trace of having tried."""

import pytest
import torch
from torch import nn

from topicsmith.classifiers.torch_common.foretelling import foretell, seconds_a_step
from topicsmith.progress import SilentProgress


class Learner:
    """A linear layer with dropout on random numbers."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        self.model = nn.Sequential(nn.Linear(4, 2), nn.Dropout(0.5))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1, weight_decay=0.5)
        self.tried: list[int] = []

    def batches(self, epoch: int) -> list[int]:
        return list(range(10 * (epoch + 1)))

    def add_gradients(self, batch: int) -> float:
        self.tried.append(batch)
        loss = self.model(torch.full((1, 4), float("inf") if batch == 9 else float(batch))).square().sum()
        loss.backward()
        return float(loss.detach())


def test_nothing_is_changed_by_trying_not_even_by_a_loss_that_is_infinite() -> None:
    learner = Learner()
    before, random = [p.detach().clone() for p in learner.model.parameters()], torch.get_rng_state()
    assert seconds_a_step(learner) > 0
    assert learner.tried == [0, 3, 6, 9]
    assert all(torch.equal(a, b) for a, b in zip(before, learner.model.parameters(), strict=True))
    assert torch.equal(random, torch.get_rng_state())
    assert not learner.optimizer.state
    assert learner.optimizer.param_groups[0]["lr"] == 0.1
    assert all(p.grad is None for p in learner.model.parameters())


def test_the_states_of_a_training_taken_up_again_are_kept() -> None:
    learner = Learner()
    learner.add_gradients(1)
    learner.optimizer.step()
    learner.optimizer.zero_grad()
    states = [{key: value.clone() for key, value in s.items()} for s in learner.optimizer.state.values()]
    seconds_a_step(learner)
    now = list(learner.optimizer.state.values())
    assert all(torch.equal(a[key], b[key]) for a, b in zip(states, now, strict=True) for key in a)


class Heard(SilentProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def test_a_long_training_is_announced_and_a_short_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    monkeypatch.setattr("topicsmith.classifiers.torch_common.foretelling.seconds_a_step", lambda _: 0.2)
    for steps in (99, 100, 1410):
        foretell(Learner(), steps, 5, heard)
    assert heard.lines == [
        "training: about 20 s for 100 steps in up to 5 epochs",
        "training: about 5 min for 1,410 steps in up to 5 epochs",
    ]
