"""Labelling rows as a run does it: an annotator of a real provider, a ledger, a scripted server."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from topicsmith.labels.annotators.llm import PromptedAnnotator
from topicsmith.labels.questions import Questions
from topicsmith.llm.http import ClientSettings
from topicsmith.llm.prices import Price, cost
from topicsmith.llm.prompts import load_prompt
from topicsmith.llm.providers import provider
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.requests.pacing import PacingSettings
from topicsmith.llm.requests.types import EngineSettings
from topicsmith.records import Annotation, Example, Query
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer

TAXONOMY = Taxonomy((Topic("Science"), Topic("Travel"), Topic("Other")), "Other")
KEY = "sk-canary"
GOOD = '{"topic": "Science"}'


def answer(_: AskedQuestion) -> Reply:
    """Every row is about science."""
    return Reply(GOOD, input_tokens=50, output_tokens=5)


def annotator(
    url: str,
    folder: Path,
    scheme: str = "openai",
    total_s: float = 2.0,
    at_once: int = 10,
    examples: tuple[Example, ...] = (),
    budget_usd: float | None = None,
    price: Price | None = None,
) -> PromptedAnnotator:
    """An annotator with short deadlines."""
    questions = Questions("m-1", load_prompt("v2", folder), TAXONOMY, "json", examples)
    environ = {
        "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "GOOGLE_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url, "GOOGLE_GEMINI_BASE_URL": url,
    }  # fmt: skip
    room = AnswerRoom(0)
    settings = EngineSettings(
        PacingSettings(at_once, attempts=4, first_answer_s=15.0),
        ClientSettings(total_s=total_s, connect_s=1.0),
        budget_usd=budget_usd,
        drain_s=2.0,
        cost=partial(cost, price=price),
        follow_up=partial(questions.follow_up, room),
        fit=room.fit,
    )
    return PromptedAnnotator(
        f"{scheme}:m-1", questions, provider(scheme, "m-1", environ), folder / "ledger.sqlite", settings
    )


def queries(number: int) -> list[Query]:
    """Rows that differ."""
    return [Query(f"q{n}", f"row {n} here", f"t{n}") for n in range(number)]


def label(server: ScriptedServer, folder: Path, number: int = 5, **settings: object) -> dict[str, Annotation]:
    """Label rows; fails when one is missing or comes twice."""
    made = annotator(server.url, folder, **settings)  # type: ignore[arg-type]  # settings by their names
    found = list(made.annotate(queries(number)))
    assert sorted(a.query_id for a in found) == sorted(f"q{n}" for n in range(number))
    return {a.query_id: a for a in found}


def first_time(fault: Fault, row: str = "row 0 ") -> Callable[[int, AskedQuestion], Fault | None]:
    """A fault on the first call for one row, and never again."""
    seen: set[str] = set()

    def fate(_: int, question: AskedQuestion) -> Fault | None:
        if row not in question.user or row in seen:
            return None
        seen.add(row)
        return fault

    return fate
