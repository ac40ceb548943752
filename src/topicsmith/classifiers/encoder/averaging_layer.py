"""A last layer that averages: how a sentence encoder becomes a classifier that transformers loads alone.

A sentence encoder was trained so that the mean of its last states says what a text is about, but BERT's own head for
classification reads the first state only. One more layer of BERT's own kind brings the mean there: with zero queries
and keys its attention weighs all tokens alike; its values are the states as they are, so much larger than the state
they are added to that little but the mean is left; its second half adds nothing. The pooler passes that on. Layer and
pooler stay as they are: trained like the rest they lose what they were made for.
"""

from typing import Any

import torch
from torch import nn

SUITED = frozenset({"bert"})
"""The architectures (``model_type``) whose layers and head are built so."""
_GAIN = 10.0  # of the values and of the attention's output: the mean comes in a hundred times the state it is added to
_LINEAR = 0.5  # of the pooler, which ends in a hyperbolic tangent: below one it bends little


def make_averaging(network: Any) -> None:
    """Set the last layer and the pooler of ``network``, a BERT for sequence classification, so that they average."""
    layer, pooler = network.bert.encoder.layer[-1], network.bert.pooler.dense
    attention, after = layer.attention.self, layer.attention.output
    with torch.no_grad():
        for linear in (attention.query, attention.key, layer.output.dense):
            linear.weight.zero_()
            linear.bias.zero_()
        for linear, gain in ((attention.value, _GAIN), (after.dense, _GAIN), (pooler, _LINEAR)):
            nn.init.eye_(linear.weight)
            linear.weight.mul_(gain)
            linear.bias.zero_()
        for norm in (after.LayerNorm, layer.output.LayerNorm):
            norm.weight.fill_(1.0)
            norm.bias.zero_()
    for module in (layer, pooler):
        module.requires_grad_(False)
