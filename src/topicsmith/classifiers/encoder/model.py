"""An encoder with a classification head, as a torch module and as a Hugging Face folder.

Three heads. ``model``: the head that Hugging Face gives the architecture; ``layer``: the same over a layer that
averages, for sentence encoders, which were pre-trained so that the mean tells; either folder loads with
``AutoModelForSequenceClassification`` alone. ``mean``: dropout and one linear layer over the mean of the last hidden
states; the head then lies in a file of its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from topicsmith.classifiers.encoder.averaging_layer import SUITED, make_averaging
from topicsmith.classifiers.encoder.layers import anatomy_of
from topicsmith.classifiers.tensors import read_json
from topicsmith.classifiers.torch_common.hub import load_part, save_network
from topicsmith.errors import ModelFolderError, ProjectError

_MEMORIES = ("use_cache", "use_mems_eval", "use_mems_train")  # with XLNet's, transformers' pipeline reads one text only
Pooling = Literal["model", "layer", "mean"]


class EncoderModel(nn.Module):
    """Token ids and mask of shape (texts, tokens) to logits of shape (texts, topics)."""

    def __init__(self, network: nn.Module, pooling: Pooling, head: nn.Linear | None, dropout: float) -> None:
        """Wrap ``network``; ``head`` is given for ``mean`` pooling only."""
        super().__init__()
        self.network = network
        self.pooling = pooling
        self.head = head
        self.dropout = nn.Dropout(dropout)
        self.anatomy = anatomy_of(network, own_head=head is None)
        self.left_out = ""

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits, in single precision."""
        if self.head is None:
            logits: Tensor = self.network(input_ids=ids, attention_mask=mask).logits
            return logits.float()
        hidden = self.network(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        return self.logits_of(mean_states(hidden, mask))

    def logits_of(self, pooled: Tensor) -> Tensor:
        """The head on pooled states, outside of any lower precision."""
        assert self.head is not None
        with torch.autocast(pooled.device.type, enabled=False):
            logits: Tensor = self.head(self.dropout(pooled))
        return logits

    @property
    def config(self) -> Any:
        """The Hugging Face configuration."""
        return self.network.config

    @property
    def topics(self) -> int:
        """How many topics it has a logit for."""
        return int(self.config.num_labels) if self.head is None else self.head.out_features

    def word_embeddings(self) -> nn.Parameter:
        """The table of word embeddings."""
        try:
            weight: nn.Parameter = self.network.get_input_embeddings().weight  # type: ignore[operator]  # a transformers model
        except (NotImplementedError, AttributeError):
            raise ProjectError(
                f"'freeze: word_embeddings': this encoder ({self.config.model_type}) does not say where they are; "
                "write 'freeze: none'"
            ) from None
        return weight

    def freeze(self, what: Literal["none", "word_embeddings", "half"] | int) -> None:
        """Keep the table of word embeddings as it is, or all embeddings and that many of the lowest layers.

        ``half`` is half of the layers, rounded down; without a layer to freeze, all embeddings.

        Raises:
            ProjectError: when the encoder has fewer layers, or none that can be frozen alone.
        """
        if what == "word_embeddings":
            self.word_embeddings().requires_grad_(False)
        layers = self.anatomy.layers
        given = what
        if what == "half":
            what = layers // 2
        if not isinstance(what, int):
            return
        if what > layers:
            raise ProjectError(f"'freeze: {what}' is more than the {layers} layers of the encoder; lower it")
        if what and not self.anatomy.stacks:
            raise ProjectError(
                f"'freeze: {given}': the {layers} layers of this encoder ({self.config.model_type}) share their "
                "weights or cannot be told apart; write 'freeze: word_embeddings' or 'freeze: none'"
            )
        for name, parameter in self.network.named_parameters():
            layer = self.anatomy.layer_of(name)
            below = layer < what if layer is not None else self.anatomy.depth_of(name) > layers
            parameter.requires_grad_(not below)

    def frozen(self) -> str:
        """How many weights are kept as they are, of how many."""
        counts = [(parameter.numel(), parameter.requires_grad) for parameter in self.parameters()]
        return f"{sum(n for n, learns in counts if not learns):,} of {sum(n for n, _ in counts):,}"

    def train(self, mode: bool = True) -> "EncoderModel":
        """Switch to training; parts that are frozen as a whole stay without dropout, as in use."""
        super().train(mode)
        for module in self.network.modules():
            weights = list(module.parameters())
            if weights and not any(weight.requires_grad for weight in weights):
                module.eval()
        return self

    def depth_of(self, name: str) -> int:
        """How far the parameter ``name`` is from the head: 0 for the head, up to layers + 1 for embeddings."""
        return 0 if name.startswith("head.") else self.anatomy.depth_of(name.removeprefix("network."))

    def save(self, folder: Path, head: Path) -> None:
        """Write ``config.json`` and ``model.safetensors`` into ``folder`` and, for ``mean``, the file ``head``."""
        save_network(self.network, folder)
        if self.head is not None:
            save_file({"weight": self.head.weight.detach().contiguous(), "bias": self.head.bias.detach()}, head)


def mean_states(hidden: Tensor, mask: Tensor) -> Tensor:
    """The mean of ``hidden`` (texts, tokens, width) over the tokens that ``mask`` keeps."""
    kept = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * kept).sum(1) / kept.sum(1).clamp(min=1.0)


def pooling_of(source: str) -> Pooling:
    """``layer``, or ``mean`` where the architecture has no such layer, for sentence encoders; ``model`` for others.

    A sentence encoder says that it takes the mean in ``1_Pooling/config.json`` of its folder.
    """
    path = Path(source) / "1_Pooling" / "config.json"
    if not path.is_file() or not read_json(path).get("pooling_mode_mean_tokens"):
        return "model"
    return "layer" if read_model_config(source).model_type in SUITED else "mean"


def longest_input(config: Any, tokenizer: Any) -> int:
    """How many tokens the model says it can read, its frame included; whether it does is probed."""
    positions = getattr(config, "max_position_embeddings", None) or 0
    if positions <= 0:  # as XLNet, whose positions have no end
        positions = 10**9
    return int(min(positions, tokenizer.model_max_length))


def new_model(source: str, topics: Sequence[str], pooling: Pooling, dropout: float) -> EncoderModel:
    """A pre-trained encoder with a fresh head.

    Raises:
        ModelFolderError: when the model cannot be had or is no encoder that can be given such a head.
    """
    labels: dict[str, object] = {
        "id2label": dict(enumerate(topics)),
        "label2id": {topic: index for index, topic in enumerate(topics)},
        "problem_type": "single_label_classification",  # a base that was a classifier may have another
    }
    return _read(source, pooling, dropout, len(topics), labels)


def saved_model(folder: Path, pooling: Pooling, topics: int, head: Path) -> EncoderModel:
    """A fitted encoder from the folder of its network, with the head of ``mean`` from the file ``head``.

    Raises:
        ModelFolderError: when a file is missing or damaged.
    """
    model = _read(str(folder), pooling, 0.0, topics, {})
    if model.head is not None:
        try:
            model.head.load_state_dict(load_file(head))
        except (OSError, RuntimeError, ValueError, SafetensorError) as exc:
            first = str(exc).splitlines()[0]
            raise ModelFolderError(f"{head}: cannot be read ({first}); copy the folder again") from None
    return model.eval()


def read_model_config(source: str) -> Any:
    """The configuration of a base model.

    Raises:
        ModelFolderError: when it cannot be had.
    """
    return _config(source, {})


def _config(source: str, labels: Mapping[str, object]) -> Any:
    """The configuration, without what a base may have been told to give beside its states."""
    from transformers import AutoConfig

    config = load_part(AutoConfig.from_pretrained, source, **labels)
    config.return_dict, config.output_attentions, config.output_hidden_states = True, False, False
    for memory in _MEMORIES:
        if getattr(config, memory, None):
            setattr(config, memory, False)
    return config


def _read(source: str, pooling: Pooling, dropout: float, topics: int, labels: dict[str, object]) -> EncoderModel:
    """The network of ``source`` with a head; ``labels`` name its classes where the head is the architecture's own."""
    from transformers import AutoModelForSequenceClassification

    if pooling == "mean":
        network = load_backbone(source)
        head = nn.Linear(width_of(network.config, source), topics)
        nn.init.normal_(head.weight, std=0.02)
        nn.init.zeros_(head.bias)
        return EncoderModel(network, pooling, head, dropout)
    config = _config(source, labels)
    averaging = pooling == "layer" and bool(labels)
    if averaging:
        config.num_hidden_layers += 1
    network, told = load_part(
        AutoModelForSequenceClassification.from_pretrained,
        source,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=bool(labels),
        output_loading_info=True,
    )
    if averaging:
        make_averaging(network)
    model = EncoderModel(network, pooling, None, dropout)
    if labels and _fresh_head(model, set(told["missing_keys"])):
        model.left_out = "fresh; that of the base model, which was a classifier already, is left out"
    return model


def load_backbone(source: str) -> Any:
    """An encoder without a head; of a model with encoder and decoder the encoder alone.

    Raises:
        ModelFolderError: when it cannot be had.
    """
    from transformers import AutoModel, AutoModelForTextEncoding

    config = read_model_config(source)
    halves = any(str(name).endswith("EncoderModel") for name in config.architectures or [])  # as T5's, once it is saved
    loader = AutoModelForTextEncoding if halves or getattr(config, "is_encoder_decoder", False) else AutoModel
    return load_part(loader.from_pretrained, source, config=config, dtype=torch.float32, use_safetensors=True)


def is_half(network: Any) -> bool:
    """Whether ``network`` is the encoder half that :func:`load_backbone` took out of a whole."""
    return type(network).__name__.endswith("EncoderModel")


def width_of(config: Any, model: str) -> int:
    """How many numbers the encoder has for a token.

    Raises:
        ModelFolderError: when its configuration does not say.
    """
    width = getattr(config, "hidden_size", None)
    if not isinstance(width, int):
        raise ModelFolderError(f"'{model}': its config.json names no 'hidden_size'; choose an encoder of texts")
    return width


def _fresh_head(model: EncoderModel, missing: set[str]) -> bool:
    """Draw the head anew where the checkpoint had one, of whatever size; whether it had."""
    network: Any = model.network
    names = {name for name, _ in network.named_parameters() if model.anatomy.depth_of(name) == 0}
    if not names - missing:
        return False
    for name, module in network.named_modules():
        own = {f"{name}.{part}" for part, _ in module.named_parameters(recurse=False)}
        if not own & names:
            continue
        for parameter in module.parameters(recurse=False):
            parameter._is_hf_initialized = False  # transformers draws only what it takes for new
        module._is_hf_initialized = False
        network._init_weights(module)
    return True
