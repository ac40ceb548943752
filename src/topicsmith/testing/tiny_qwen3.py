"""A tiny model of Qwen3's architecture, made on the spot: for tests, demonstrations and benchmarks without a hub.

It has Qwen3's control tokens and the form of its chat template, a tokenizer trained on the texts at hand and random
weights; :func:`pretrain` teaches all of its weights, so that adapters have something to adapt.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from topicsmith.classifiers.causal.answer_format import AnswerForm
from topicsmith.classifiers.causal.base_model import context_length, load_base, load_tokenizer
from topicsmith.classifiers.causal.chat_template import ChatLayout
from topicsmith.classifiers.torch_common.hub import quiet_transformers
from topicsmith.llm.prompts import Prompt, Reasoning
from topicsmith.progress import Progress
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
PLAIN_ADDED = ("<think>", "</think>")
"""Control tokens that Qwen3's tokenizer does not mark as special: they too must never come from a text."""

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)


def make(
    folder: Path,
    texts: Iterable[str],
    *,
    vocabulary: int = 2048,
    hidden: int = 64,
    layers: int = 2,
    heads: int = 4,
    context: int = 1024,
    seed: int = 13,
) -> int:
    """Write a model folder with random weights and a tokenizer trained on ``texts``; give its number of weights."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = _tokenizer(texts, vocabulary)
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=max(1, heads // 2),
        head_dim=hidden // heads,
        max_position_embeddings=context,
        initializer_range=hidden**-0.5,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    with quiet_transformers():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return int(sum(parameter.numel() for parameter in model.parameters()))


def pretrain(
    folder: Path,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    prompt: Prompt,
    work: Path,
    progress: Progress,
    *,
    epochs: int,
    learning_rate: float,
    batch_size: int = 32,
    reasoning: Reasoning | None = None,
    seed: int = 13,
) -> None:
    """Teach every weight of the model in ``folder`` to answer ``prompt`` for ``examples``, and write it back."""
    from topicsmith.classifiers.causal.fit import training_rows
    from topicsmith.classifiers.causal.learner import Plan, Trainer
    from topicsmith.classifiers.causal.prompt_tokens import PromptTokens

    model = load_base(str(folder))
    layout = ChatLayout(load_tokenizer(str(folder)))
    form = AnswerForm(prompt, taxonomy, False, reasoning)
    rendering = PromptTokens(form, layout, "json", context_length(model), 64)
    plan = Plan(epochs, learning_rate, batch_size, 1024, 0.1, 1.0, seed, 100)
    trainer = Trainer(model, rendering.prefix, plan, work / "pretraining")
    trainer.run(training_rows(rendering, list(examples)), [], str(folder), progress)
    model.save_pretrained(folder)


def _tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    pattern = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    size = vocabulary - len(SPECIAL) - len(PLAIN_ADDED)
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, special=False) for token in PLAIN_ADDED])
    unused, _, end = SPECIAL
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=unused, chat_template=TEMPLATE)
