"""The model card: what a classifier was made from, how well it does, and what it cannot do.

The card is made from ``topicsmith.json`` alone, so that scores can be added after training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from topicsmith import plugins
from topicsmith.atomic_files import write_bytes
from topicsmith.classifiers.base import Portable, UseAlone, traits_of
from topicsmith.classifiers.model_folder import candidate_kind, read_manifest
from topicsmith.classifiers.torch_common.hub import LANGUAGES

CARD = "README.md"
AGREED = "against agreed labels"
"""Stands in the name of a score whose rows were judged by what annotators agreed on."""

AUDITED = "accuracy on all rows, by a person's audit"
"""The name of the score that comes before those against agreed labels."""

_RULES = {
    "head": "the beginning",
    "head_tail": "the first quarter and the rest from the end",
    "windows": "up to 8 overlapping windows, whose probabilities it averages",
}


@dataclass(frozen=True)
class Score:
    """One measured figure: ``low`` and ``high`` bound it at 95 %, over ``n`` rows of ``split``."""

    name: str
    value: float
    low: float
    high: float
    n: int
    split: str = "test"


def card_text(kind: str, topics: Sequence[str], about: Mapping[str, object], scores: Sequence[Score] = ()) -> str:
    """The card as Markdown with a YAML head.

    ``about`` holds what ``train.py`` writes into ``topicsmith.json``: name, settings, data, seconds,
    libraries, device and notes. Whatever is missing is left out.
    """
    alone = _use_alone(kind, about)
    parts = [_head(kind, about, scores, alone), _title(kind, about), _alone(alone), _topics(topics)]
    parts.append(_section("Data", about.get("data")))
    parts += [
        _section("Settings", _given(about.get("settings"))),
        _section("Training", _training(about)),
        _section("Export, against the trained classifier", about.get("exported")),
        _scores(scores),
        _limits(kind, topics, about, scores),
    ]
    return "\n".join(part for part in parts if part)


def write_scores(folder: Path, scores: Sequence[Score]) -> None:
    """Write the card in a model folder again, with ``scores``.

    Raises:
        ModelFolderError: when ``folder`` is no model folder.
    """
    manifest = read_manifest(folder)
    topics = manifest.get("topics")
    names = [str(topic) for topic in topics] if isinstance(topics, list) else []
    write_bytes(folder / CARD, card_text(str(manifest["kind"]), names, manifest, scores).encode())


def _use_alone(kind: str, about: Mapping[str, object]) -> UseAlone:
    """How the folder is used without topicsmith."""
    offered = candidate_kind(kind) if kind in plugins.names("topicsmith.candidates") else None
    if isinstance(offered, Portable):
        return offered.use_alone(about)
    return UseAlone("Only topicsmith reads this folder.")


def _head(kind: str, about: Mapping[str, object], scores: Sequence[Score], alone: UseAlone) -> str:
    head: dict[str, object] = {"library_name": "topicsmith", "tags": ["topicsmith", kind]}
    if alone.pipeline is not None:
        head |= {"library_name": "transformers", "pipeline_tag": alone.pipeline}
    languages = _languages(about)
    if languages:
        head["language"] = list(languages)
    settings = about.get("settings")
    model = settings.get("model") if isinstance(settings, Mapping) else None
    if isinstance(model, str):
        head["base_model"] = model
    if scores:
        head["metrics"] = [score.name for score in scores]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n"


def _title(kind: str, about: Mapping[str, object]) -> str:
    name, title = about.get("name", kind), traits_of(kind).title
    return f"""# {name}

A topic classifier of the kind `{kind}`{f" ({title})" if title else ""}, made by topicsmith.

```python
import topicsmith as ts

classifier = ts.load("path/to/this/folder")
classifier.predict(["how do black holes form?"])
```
"""


def _alone(alone: UseAlone) -> str:
    lines = f"\n\n```python\n{alone.program}\n```" if alone.program else ""
    return f"## Without topicsmith\n\n{alone.note}{lines}\n"


def _languages(about: Mapping[str, object]) -> tuple[str, ...]:
    """The languages that the base model names as those it was trained on."""
    notes = about.get("notes")
    named = notes.get(LANGUAGES) if isinstance(notes, Mapping) else None
    return tuple(str(each) for each in named) if isinstance(named, list | tuple) else ()


def _topics(topics: Sequence[str]) -> str:
    return f"## Topics ({len(topics)})\n\n" + "\n".join(f"- {_inline(topic)}" for topic in topics) + "\n"


def _given(settings: object) -> dict[str, object]:
    """The settings that have a value."""
    return {k: v for k, v in settings.items() if v is not None} if isinstance(settings, Mapping) else {}


def _training(about: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    seconds = about.get("seconds")
    if isinstance(seconds, float | int):
        found["seconds"] = f"{seconds:.1f}"
    for key in ("device", "libraries", "notes"):
        value = about.get(key)
        if isinstance(value, Mapping):
            found |= value
        elif value is not None:
            found[key] = value
    return found


def _section(title: str, values: object) -> str:
    if not isinstance(values, Mapping) or not values:
        return ""
    rows = "\n".join(f"| {key} | {_inline(value)} |" for key, value in values.items())
    return f"## {title}\n\n| | |\n|---|---|\n{rows}\n"


def _scores(scores: Sequence[Score]) -> str:
    if not scores:
        return "## Scores\n\nNot evaluated yet.\n"
    rows = "\n".join(
        f"| {score.name} | {score.value:.4f} | {score.low:.4f} to {score.high:.4f} | {score.n:,} | {score.split} |"
        for score in scores
    )
    return f"## Scores\n\n| | value | 95 % interval | rows | split |\n|---|---|---|---|---|\n{rows}\n"


def _limits(kind: str, topics: Sequence[str], about: Mapping[str, object], scores: Sequence[Score]) -> str:
    lines = [
        "It answers only with the topics above; what belongs to none of them gets the nearest one or the catch-all.",
        "Scores hold for texts like those it was tested on; measure again when the traffic changes.",
        "Probabilities are those of the model; choose a threshold on validation rows before acting on them.",
    ]
    notes = about.get("notes")
    notes = notes if isinstance(notes, Mapping) else {}
    if "max tokens" in notes:
        rule = _RULES.get(str(notes.get("rule for texts beyond", "head")), "")
        lines.append(f"Of texts beyond {notes['max tokens']} tokens it reads {rule}.")
    if any(AGREED in score.name for score in scores):
        lines.append(
            "Rows on which the annotators disagreed are not among those it was judged on; they are the harder ones."
        )
    traits = traits_of(kind)
    lines += _language_limits(about) if not traits.remote else []
    if traits.remote:
        lines.append("Texts are sent to a service, which may change or withdraw the model that answers.")
    lines.extend(traits.limits)
    lines.append(f"It was trained for these {len(topics)} topics as the taxonomy of that day described them.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"


def _language_limits(about: Mapping[str, object]) -> list[str]:
    """In which languages the base model was trained, for kinds that have one."""
    settings = about.get("settings")
    if not isinstance(settings, Mapping) or not settings.get("model"):
        return []
    languages = ", ".join(_inline(each) for each in _languages(about))
    if languages:
        return [f"Its base model was trained on texts in these languages: {languages}. Expect little of others."]
    return ["Its base model's card does not say here in which languages it was trained; measure before relying on any."]


def _inline(value: object) -> str:
    """One table cell or list item: foreign text cannot break out of it."""
    text = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    text = " ".join(text.split())
    for character in "\\`|<>[]*_#":
        text = text.replace(
            character, "\\" + character if character not in "<>" else {"<": "&lt;", ">": "&gt;"}[character]
        )
    return text
