"""Random, tiny models of real architectures with tokenizers of the forms that theirs have, made on the spot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

TokenizerForm = Literal["words", "bytes", "pieces"]
"""WordPiece as BERT's, byte-level BPE as GPT-2's, SentencePiece's pieces as T5's."""
FrameForm = Literal["cls", "s", "end", "xlnet", "none"]

CHAT = (
    "{% for message in messages %}<s>{{ message.role }}\n{{ message.content }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
_PAD, _UNK, _BEGIN, _END, _MASK = "<pad>", "<unk>", "<s>", "</s>", "<mask>"
_SPECIAL = (_BEGIN, _PAD, _END, _UNK, _MASK)  # in RoBERTa's order, whose positions begin after the padding's number
_FRAMES: Mapping[FrameForm, str] = {
    "cls": f"{_BEGIN} $A {_END}", "s": f"{_BEGIN} $A", "end": f"$A {_END}", "xlnet": f"$A {_END} {_BEGIN}",
}  # fmt: skip
POSITIONS = 512


@dataclass(frozen=True)
class Made:
    """One architecture: its configuration, and how its tokenizer is.

    ``name`` tells variants of an architecture apart; ``options`` are those of the tokenizer; without ``pads`` it has no
    padding token, as GPT-2's; ``chat`` gives it a chat template. ``classes`` are named where there are
    several. ``added`` are ordinary pieces that its tokenizer lists as added tokens, as Gemma's; ``settings`` are the
    candidate's.
    """

    name: str
    architecture: str
    config: Mapping[str, Any]
    tokens: TokenizerForm = "bytes"
    frame: FrameForm = "none"
    pads: bool = True
    chat: bool = True
    classes: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def make(made: Made, folder: Path, texts: Sequence[str], causal: bool) -> int:
    """Write the model folder; give its number of weights.

    Weights are larger than at the start of a training, so that answers differ from text to text.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

    words = tokenizer(made, texts)
    marks = {
        "pad_token_id": words.pad_token_id, "bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id,
    }  # fmt: skip
    config = AutoConfig.for_model(made.architecture, **{"vocab_size": len(words), **marks, **made.config})
    torch.manual_seed(5)
    config.architectures = list(made.classes)
    causal = causal and type(config) in AutoModelForCausalLM._model_mapping
    model = (AutoModelForCausalLM if causal else AutoModel).from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and parameter.requires_grad:
                parameter.normal_(std=parameter.shape[-1] ** -0.5)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return int(sum(parameter.numel() for parameter in model.parameters()))


def tokenizer(made: Made, texts: Sequence[str], vocabulary: int = 500) -> Any:
    """A tokenizer of the form that ``made`` names, trained on ``texts``."""
    from tokenizers import AddedToken, processors
    from transformers import PreTrainedTokenizerFast

    own = {"words": _words, "bytes": _bytes, "pieces": _pieces}[made.tokens](list(texts), vocabulary)
    if made.frame != "none":
        numbered = [(token, own.token_to_id(token)) for token in (_BEGIN, _END)]
        own.post_processor = processors.TemplateProcessing(
            single=_FRAMES[made.frame], pair=f"{_FRAMES[made.frame]} $B", special_tokens=numbered
        )
    named = {"bos_token": _BEGIN, "eos_token": _END, "unk_token": _UNK}
    if made.frame in {"cls", "xlnet"}:
        named |= {"cls_token": _BEGIN, "sep_token": _END, "mask_token": _MASK}
    if made.pads:
        named["pad_token"] = _PAD
    if made.chat:
        named["chat_template"] = CHAT
    own.add_tokens([AddedToken(token, special=False, normalized=False) for token in made.added])
    return PreTrainedTokenizerFast(tokenizer_object=own, **{**named, **made.options})


def _words(texts: list[str], vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    own = Tokenizer(models.WordPiece(unk_token=_UNK))
    own.normalizer = normalizers.BertNormalizer(lowercase=True)
    own.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    own.decoder = decoders.WordPiece()
    own.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=list(_SPECIAL), show_progress=False)
    )
    return own


def _bytes(texts: list[str], vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    own = Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    own.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(_SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return own


def _pieces(texts: list[str], vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers

    own = Tokenizer(models.BPE(unk_token=_UNK, fuse_unk=True, byte_fallback=True))
    own.normalizer = normalizers.Replace(" ", "▁")
    own.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    every_byte = [f"<0x{byte:02X}>" for byte in range(256)]
    own.train_from_iterator(
        [text.replace("\n", "") for text in texts],
        trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=[*_SPECIAL, *every_byte], max_token_length=8, show_progress=False
        ),
    )
    return _with_plain_bytes(own)


def _with_plain_bytes(own: Any) -> Any:
    """The bytes' pieces are none of the added tokens: they only had to be in the vocabulary."""
    import json

    from tokenizers import Tokenizer

    state = json.loads(own.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in _SPECIAL]
    return Tokenizer.from_str(json.dumps(state))
