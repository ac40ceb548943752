"""``topicsmith export``: training data as chat lines for a service or a trainer."""

import sys
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from topicsmith.atomic_files import replacing
from topicsmith.cli.options import ProjectPath
from topicsmith.dataset.export import FORMATS, ExportFormat, Rendering, export_lines
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import load_prompt
from topicsmith.project_file import read_project
from topicsmith.run_tables import RunTables
from topicsmith.runs import find_run


def export(
    run: Annotated[Path, typer.Argument(help="The run folder.")] = Path("runs/latest"),
    project: ProjectPath = Path(),
    form: Annotated[
        str, typer.Option("--format", help="openai, together, messages, prompt-completion or sharegpt.")
    ] = "messages",
    prompt: Annotated[str, typer.Option("--prompt", help="v1, v2, v3 or a prompt file.")] = "v2",
    answer: Annotated[str, typer.Option("--answer", help="json or xml.")] = "json",
    split: Annotated[str, typer.Option("--split", help="train, with balanced copies, or validation.")] = "train",
    subtopics: Annotated[bool, typer.Option("--subtopics", help="Ask for subtopics too.")] = False,
    reasoning: Annotated[
        str | None, typer.Option("--reasoning", help="before or after; by default as the prompt asks.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write; by default stdout.")] = None,
) -> None:
    """Write training rows as chat lines, rendered as 'kind: causal' and 'kind: hosted' render them.

    The test rows are never exported.
    """
    _one_of("--format", form, tuple(FORMATS))
    _one_of("--answer", answer, ("json", "xml"))
    _one_of("--split", split, ("train", "validation"))
    if reasoning is not None:
        _one_of("--reasoning", reasoning, ("before", "after"))
    settings = read_project(project)
    chosen = load_prompt(prompt, settings.folder)
    if reasoning is not None and chosen.reasoning is None:
        raise ProjectError(f"--reasoning {reasoning}: the prompt '{prompt}' asks for none; use --prompt v3")
    sets = RunTables(find_run(run)).balanced_sets(settings.balance)
    rendering = Rendering(
        chosen,
        settings.taxonomy,
        cast("Literal['json', 'xml']", answer),
        subtopics,
        cast("Literal['before', 'after'] | None", reasoning) or chosen.reasoning,
    )
    examples = sets.train.examples if split == "train" else sets.validation.examples
    lines = export_lines(examples, rendering, cast("ExportFormat", form))
    if out is None:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.flush()
        return
    with replacing(out) as temporary, temporary.open("wb") as file:
        file.writelines(lines)
    sys.stderr.write(f"{out}: {split} rows for {FORMATS[cast('ExportFormat', form)]}\n")


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ProjectError(f"{option} {value}: not known; use one of {', '.join(known)}")
