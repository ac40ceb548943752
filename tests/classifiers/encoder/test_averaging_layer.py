"""A layer that averages."""

from pathlib import Path
from typing import Any

import torch

from topicsmith.classifiers.encoder.model import mean_states, new_model

IDS = torch.tensor([[2, 10, 11, 12, 3], [2, 13, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def test_its_output_is_the_normalised_mean_of_the_states_below(tiny: Path) -> None:
    network: Any = new_model(str(tiny), ["a", "b"], "layer", 0.0).eval().network
    with torch.inference_mode():
        states = network.bert(input_ids=IDS, attention_mask=MASK, output_hidden_states=True).hidden_states
        above = states[-1][:, 0]
        mean = torch.nn.functional.layer_norm(mean_states(states[-2], MASK), states[-2].shape[-1:])
        pooled = network.bert.pooler(states[-1])
    assert torch.nn.functional.cosine_similarity(above, mean).min() > 0.99
    assert torch.allclose(pooled, torch.tanh(0.5 * above))


def test_the_layers_below_are_those_of_the_base(tiny: Path) -> None:
    plain: Any = new_model(str(tiny), ["a", "b"], "model", 0.0).eval()
    taller: Any = new_model(str(tiny), ["a", "b"], "layer", 0.0).eval()
    assert taller.config.num_hidden_layers == plain.config.num_hidden_layers + 1
    with torch.inference_mode():
        lower, upper = (
            each.network.bert(input_ids=IDS, attention_mask=MASK, output_hidden_states=True).hidden_states
            for each in (plain, taller)
        )
    assert torch.equal(lower[-1], upper[-2])


def test_training_leaves_it_as_it_is(tiny: Path) -> None:
    model: Any = new_model(str(tiny), ["a", "b"], "layer", 0.1)
    learnt = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert not any(f"layer.{model.config.num_hidden_layers - 1}." in name or "pooler" in name for name in learnt)
    assert {"network.classifier.weight", "network.bert.embeddings.word_embeddings.weight"} <= learnt
