"""Prompt files: read, and filled in with topics and a text."""

from importlib.resources import files
from pathlib import Path

from tests.fuzz.harness import Target
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import built_in, load_prompt
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Billing", "what {text} costs", ("a {topics} bill",), (Topic("Refunds"),)), Topic("Other")))
EXAMPLES = (Example("q", "what does it {topics} cost", "Billing", "Refunds"),)


def _read(path: Path) -> None:
    prompt = load_prompt(path.name, path.parent)
    for answer in ("json", "xml"):
        system, user = prompt.render("a {fence} text", TAXONOMY, answer=answer, subtopics=True, examples=EXAMPLES)
        assert isinstance(system + user + prompt.digest, str)


def _made() -> list[bytes]:
    folder = files("topicsmith.llm") / "prompt_files"
    return [(folder / f"{name}.yaml").read_bytes() for name in built_in()]


TARGET = Target(_read, (ProjectError,), ".yaml", _made)
