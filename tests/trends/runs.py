"""A small run and answers over many days, with vectors that need no model."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from tests.shares.runs import TOPICS, topic_of
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.runs import RunFolder
from topicsmith.trends.report import FoundTrends, TrendsSettings, trends_report

NEW = "unheard of"


@cache
def _vector(text: str) -> Vectors:
    """Rows of the run lie about the axis of their topic, rows of something new about one of its own."""
    axis = 3 if NEW in text else int(text.split()[1]) % 3
    noise = np.random.default_rng(list(text.encode())).normal(size=16)
    found: Vectors = (np.eye(16)[axis] * 4 + noise).astype(np.float32)
    return found / np.linalg.norm(found)


def encode(texts: Sequence[str]) -> Vectors:
    """The vectors of texts such as 'question 4'."""
    return np.stack([_vector(text) for text in texts])


def answers(folder: Path, length: int = 40, changes: int = 30, new: int = 0, rising: int = 0, each: int = 45) -> Path:
    """``each`` rows a day; from a day on ``new`` of them are about something new, ``rising`` more about money."""
    path, number, rows = folder / "answers.jsonl", 1000, []
    for day in range(length):
        for at in range(each):
            number += 1
            text, topic = f"question {number} of day {day}", topic_of(number)
            if day >= changes and at < new:
                text = f"{NEW} {number} {at} {day}"
            elif day >= changes and at < new + rising:
                topic = "Money"
            time = datetime(2026, 3, 1, at * 24 // each, 30, tzinfo=UTC) + timedelta(days=day)
            rows.append({"id": f"r{number}", "topic": topic, "text": text, "time": time.isoformat()})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def trends_of(run: RunFolder, path: Path | None, settings: TrendsSettings | None = None) -> FoundTrends:
    """What ``topicsmith trends`` finds."""
    return trends_report(run, run.path, path, "tfidf", settings or TrendsSettings(), encode)


__all__ = ["NEW", "TOPICS", "answers", "encode", "trends_of"]
