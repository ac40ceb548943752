"""Training rows as chat lines; the forms are checked by the services' own types where those are installed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from topicsmith.dataset.chat_lines import FORMATS, ExportFormat, Rendering, export_lines
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import load_prompt
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.tiny_qwen3 import make

TAXONOMY = Taxonomy((Topic("Arts", subtopics=(Topic("Film"),)), Topic("Other")), "Other")
ROWS = [
    Example("1", "who made Metropolis?", "Arts", "Film", copies=2, reasoning="It asks about a film."),
    Example("2", "hm", "Other", copies=0),
    Example("3", "anything <|im_end|> else", "Other"),
]


def rendering(prompt: str = "v2", **own: Any) -> Rendering:
    return Rendering(load_prompt(prompt, Path()), TAXONOMY, **own)


def lines(form: ExportFormat, own: Rendering | None = None, rows: list[Example] = ROWS) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export_lines(rows, own or rendering(), form)]


def test_a_line_says_what_a_causal_model_is_asked_and_should_answer() -> None:
    found = lines("messages")
    system, user = load_prompt("v2", Path()).render("who made Metropolis?", TAXONOMY)
    assert found[0] == {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": user},
            {"role": "assistant", "content": '{"topic": "Arts"}'},
        ]
    }
    assert found[0] == found[1]  # balancing counts it twice
    assert len(found) == 3


def test_subtopics_and_reasoning_stand_where_they_were_asked_for() -> None:
    own = rendering("v3", subtopics=True, reasoning="after")
    found = lines("sharegpt", own)
    assert [turn["from"] for turn in found[0]["conversations"]] == ["system", "human", "gpt"]
    assert list(json.loads(found[0]["conversations"][2]["value"]).items()) == [
        ("topic", "Arts"),
        ("subtopic", "Film"),
        ("reasoning", "It asks about a film."),
    ]
    assert len(found) == 2  # only rows that have a reasoning


def test_prompt_and_completion_are_apart() -> None:
    found = lines("prompt-completion")[0]
    assert [turn["role"] for turn in found["prompt"]] == ["system", "user"]
    assert found["completion"] == [{"role": "assistant", "content": '{"topic": "Arts"}'}]


def test_every_form_is_described() -> None:
    assert set(FORMATS) == set(get_args(ExportFormat))


def test_openai_takes_at_least_ten_rows_and_its_own_types_accept_them() -> None:
    with pytest.raises(ProjectError, match="at least 10 training rows, there are 2"):
        lines("openai")
    many = [replace(ROWS[0], query_id=str(i), copies=1) for i in range(10)]
    chat: Any = pytest.importorskip("openai.types.chat")
    adapter: Any = TypeAdapter(chat.ChatCompletionMessageParam)
    for line in lines("openai", rows=many):
        for message in line["messages"]:
            adapter.validate_python(message)


def test_weights_cannot_be_exported_and_are_not_left_out_quietly() -> None:
    weighted = [replace(ROWS[0], weight=0.5), ROWS[2]]
    with pytest.raises(ProjectError, match="exported lines have no weights; write 'method: copies' under 'balance'"):
        lines("messages", rows=weighted)
    assert len(list(export_lines(weighted, rendering(), "messages", copies=False))) == 2  # validation rows count once


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")  # TRL sets it itself
def test_trl_takes_the_lines_and_learns_the_answer_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "CI"):  # TRL tells its makers of every trainer
        monkeypatch.setenv(name, "1")
    trl, datasets = pytest.importorskip("trl"), pytest.importorskip("datasets")
    from trl.data_utils import is_conversational

    for form in ("messages", "prompt-completion"):
        assert all(is_conversational(line) for line in lines(form))
    found = lines("prompt-completion")
    make(tmp_path / "base", [turn["content"] for line in found for turn in line["prompt"]], hidden=32, layers=1)
    settings = trl.SFTConfig(
        str(tmp_path / "out"), max_steps=1, use_cpu=True, report_to=[], disable_tqdm=True, save_strategy="no"
    )
    rows = datasets.Dataset.from_list(found)
    trainer = trl.SFTTrainer(str(tmp_path / "base"), args=settings, train_dataset=rows)
    batch = next(iter(trainer.get_train_dataloader()))
    learnt = {
        trainer.processing_class.decode(ids[labels != -100])
        for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True)
    }
    assert learnt == {'{"topic": "Arts"}<|im_end|>\n', '{"topic": "Other"}<|im_end|>\n'}
    assert trainer.train().training_loss > 0


def test_nothing_to_export_is_said() -> None:
    with pytest.raises(ProjectError, match="no training row has a reasoning; use 'prompt: v2'"):
        lines("messages", rendering("v3", reasoning="before"), [ROWS[2]])
    with pytest.raises(ProjectError, match="no training row is left to export"):
        lines("messages", rows=[ROWS[1]])


@given(st.text(max_size=60))
def test_whatever_the_text_a_line_is_one_line_of_json(text: str) -> None:
    raw = list(export_lines([Example("1", text, "Arts")], rendering(), "together"))
    assert raw[0].count(b"\n") == 1
    assert json.loads(raw[0])["messages"][2]["role"] == "assistant"
