"""``topicsmith export``: labels and predictions for other tools, training data for a service or a trainer."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, cast

import typer

from topicsmith.atomic_files import allow_by_umask, replacing
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.onnx_options import OnnxOptions, write_onnx
from topicsmith.cli.options import AsJson
from topicsmith.dataset.chat_lines import FORMATS, ExportFormat, Rendering, export_lines
from topicsmith.disk_errors import writing_table
from topicsmith.errors import ProjectError, UserError
from topicsmith.export.formats import RowFormat, format_of, row_formats
from topicsmith.export.rows import ExportRows, label_rows, prediction_rows
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import Project
from topicsmith.project_file import read_project
from topicsmith.run_tables import RunTables
from topicsmith.runs import RunFolder, find_run

KINDS = ("labels", "predictions", "training")


@dataclass(frozen=True, kw_only=True)
class ExportDocument(JsonDocument):
    """``export --out``: what was written, in which form, and how many rows."""

    out: str
    what: str
    form: str
    rows: int


@dataclass(frozen=True)
class _ChatOptions:
    """How training rows are rendered as chat lines."""

    form: ExportFormat
    prompt: str
    answer: str
    split: str
    subtopics: bool
    reasoning: str | None


def export(
    run: Annotated[
        Path | None, typer.Argument(help="The run folder, or a project for its latest run.", show_default=False)
    ] = None,
    project: Annotated[
        Path | None, typer.Option("--project", "-p", help="The project; by default that of the run.")
    ] = None,
    what: Annotated[
        str | None, typer.Option("--what", help="labels, predictions or training; by default as the form asks.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, jsonl, parquet, huggingface, argilla or label-studio; for training openai, together, messages, "
            "prompt-completion or sharegpt. By default as the suffix of --out says, otherwise messages.",
        ),
    ] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", help="Whose predictions; by default what the run says to deploy.")
    ] = None,
    prompt: Annotated[str, typer.Option("--prompt", help="Training: v1, v2, v3 or a prompt file.")] = "v2",
    answer: Annotated[str, typer.Option("--answer", help="Training: json or xml.")] = "json",
    split: Annotated[
        str, typer.Option("--split", help="Training: train, with balanced copies, or validation.")
    ] = "train",
    subtopics: Annotated[bool, typer.Option("--subtopics", help="Training: ask for subtopics too.")] = False,
    reasoning: Annotated[
        str | None, typer.Option("--reasoning", help="Training: before or after; by default as the prompt asks.")
    ] = None,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Write the candidate, an encoder, as a model folder that needs no torch.")
    ] = False,
    precision: Annotated[str, typer.Option("--precision", help="ONNX: fp32 or int8.")] = "fp32",
    most_changed: Annotated[
        str, typer.Option("--most-changed", help="ONNX: the share of validation rows that may get another answer.")
    ] = "0.5%",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The file or folder to write; by default stdout, and CANDIDATE-PRECISION with --onnx."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write labels, predictions or training data as other tools read them, or an encoder for onnxruntime.

    Labels are every query with its topic, origin, split and what each annotator said; predictions are what a candidate
    answered on the test rows; training data are chat lines, rendered as 'kind: causal' and 'kind: hosted' render them,
    and never hold a test row. With --onnx the candidate is written as a model folder that needs no torch, and held
    against the trained one on validation rows.
    """
    if onnx:
        if what is not None or form is not None:
            raise UserError("--onnx: writes a classifier and no rows; leave '--what' and '--format' out")
        write_onnx(
            find_run(run or project or Path()), OnnxOptions(candidate, precision, most_changed, out, force, as_json)
        )
        return
    chosen = _form(form, what, out)
    if out is None and as_json:
        raise UserError("--json needs '--out', since the rows themselves go to standard output")
    if out is not None and out.exists() and not force:
        raise UserError(f"{out}: already exists; add '--force' to overwrite it, or name another file")
    folder = find_run(run or project or Path())
    settings = _project(project or folder.project_file)
    if isinstance(chosen, RowFormat):
        kind = what or "labels"
        rows = _rows(folder, settings, kind, candidate)
        _write_rows(rows, chosen, out)
        written, name, hint = rows.table.height, chosen.name, chosen.hint
    else:
        kind, name, hint = "training", chosen, FORMATS[chosen]
        options = _ChatOptions(chosen, prompt, answer, split, subtopics, reasoning)
        written = _write_lines(_training_lines(folder, settings, options), out)
    if out is None:
        return
    if as_json:
        show(ExportDocument(command="export", out=str(out), what=kind, form=name, rows=written))
    else:
        said = hint.replace("PATH", str(out))
        sys.stderr.write(f"{out}: {written:,} rows of {kind}{f'; {said}' if said else ''}\n")


def _form(form: str | None, what: str | None, out: Path | None) -> RowFormat | ExportFormat:
    """The form that the options mean together.

    Raises:
        ProjectError: when they mean none.
    """
    if what is not None:
        _one_of("--what", what, KINDS)
    meant = form
    if meant is None and out is not None and (what in {"labels", "predictions"} or out.suffix.lower() != ".jsonl"):
        meant = format_of(out)  # lines without more said are training data
    if meant is None:
        meant = "messages" if what in {None, "training"} else "jsonl"
    _one_of("--format", meant, (*row_formats(), *FORMATS))
    if meant in FORMATS and what in {"labels", "predictions"}:
        raise ProjectError(f"--format {meant}: is for training data; for {what} use one of {', '.join(row_formats())}")
    if meant not in FORMATS and what == "training":
        raise ProjectError(f"--format {meant}: is not for training data; use one of {', '.join(FORMATS)}")
    return row_formats()[meant] if meant in row_formats() else cast("ExportFormat", meant)


def _project(path: Path | None) -> Project | None:
    return None if path is None else read_project(path)


def _rows(run: RunFolder, project: Project | None, what: str, candidate: str | None) -> ExportRows:
    topics = project.taxonomy.names if project is not None else ()
    return label_rows(run, topics) if what == "labels" else prediction_rows(run, topics, candidate)


def _write_rows(rows: ExportRows, form: RowFormat, out: Path | None) -> None:
    """Write ``rows``, whole or not at all."""
    if out is None and form.folder:
        raise UserError(f"--format {form.name}: is a folder; name it with '--out'")
    with writing_table(out), _workspace(None if out is None else out.parent) as workspace:
        made = Path(workspace) / "made"
        form.write(rows, made)
        allow_by_umask(made)
        if out is None:
            sys.stdout.buffer.write(made.read_bytes())
            sys.stdout.flush()
            return
        _clear(out, made)
        made.replace(out)


@contextmanager
def _workspace(place: Path | None) -> Iterator[str]:
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".export-", dir=place) as name:
        yield name


def _clear(out: Path, made: Path) -> None:
    """Remove what is to be overwritten: a file, or a folder that holds nothing but an earlier export of this form.

    Raises:
        UserError: when it is a link, or a folder with other things in it.
    """
    if out.is_symlink():
        raise UserError(f"{out}: is a link; name the place itself")
    if not out.is_dir():
        out.unlink(missing_ok=True)
        return
    ours = {path.name for path in made.iterdir()} if made.is_dir() else set()
    others = sorted(path.name for path in out.iterdir() if path.name not in ours)
    if others:
        raise UserError(f"{out}: has other things in it, such as '{others[0]}', and stays; name another place")
    shutil.rmtree(out)


def _training_lines(run: RunFolder, project: Project | None, options: _ChatOptions) -> Iterable[bytes]:
    _one_of("--answer", options.answer, ("json", "xml"))
    _one_of("--split", options.split, ("train", "validation"))
    if options.reasoning is not None:
        _one_of("--reasoning", options.reasoning, ("before", "after"))
    if project is None:
        raise ProjectError(f"{run.path}: lies in no project, whose topics the prompt needs; name it with '--project'")
    chosen = load_prompt(options.prompt, project.folder)
    if options.reasoning is not None and chosen.reasoning is None:
        raise ProjectError(
            f"--reasoning {options.reasoning}: the prompt '{options.prompt}' asks for none; use --prompt v3"
        )
    sets = RunTables(run, project.taxonomy).balanced_sets(project.balance)
    rendering = Rendering(
        chosen,
        project.taxonomy,
        cast("Literal['json', 'xml']", options.answer),
        options.subtopics,
        cast("Literal['before', 'after'] | None", options.reasoning) or chosen.reasoning,
    )
    examples = sets.train.examples if options.split == "train" else sets.validation.examples
    return export_lines(examples, rendering, options.form)


def _write_lines(lines: Iterable[bytes], out: Path | None) -> int:
    """Write ``lines`` and count them."""
    if out is None:
        written = list(lines)
        sys.stdout.buffer.writelines(written)
        sys.stdout.flush()
        return len(written)
    count = 0
    with replacing(out) as temporary, temporary.open("wb") as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ProjectError(f"{option} {value}: not known; use one of {', '.join(known)}")
