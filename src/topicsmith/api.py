"""topicsmith from Python: run a project, label texts, compare annotators; ``import topicsmith as ts`` offers it all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from topicsmith.errors import ProjectError, UserError
from topicsmith.json_file import interpreting
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.aggregate import decide
from topicsmith.labels.agreement import Agreement, measure
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.run_ledger import ledger_of
from topicsmith.loading import Classifier, load, texts_of
from topicsmith.pipeline import StageReport, run_path, run_stages, stage_names
from topicsmith.progress import Progress, SilentProgress
from topicsmith.project import Project
from topicsmith.project_file import read_project as read_project_file
from topicsmith.records import Annotation, Query
from topicsmith.runs import find_run, open_run
from topicsmith.tables import ANNOTATIONS, ANNOTATIONS_LATER, BY_QUERY, QUERIES, read_frame, read_label_frame
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_file import read_taxonomy

_NOT_ANNOTATORS = {"query_id", "text", "topic", "subtopic", "origin", "confidence"}


@dataclass(frozen=True)
class Run:
    """A run folder and what stands in it; each figure is read from its file when it is first asked for.

    ``stages`` says which stages were run and which were up to date; it is empty for a run that was only opened.
    """

    folder: Path
    stages: tuple[StageReport, ...] = ()

    @cached_property
    def leaderboard(self) -> pl.DataFrame:
        """One row per candidate, best first: scores with intervals, times, costs."""
        rows = find_run(self.folder).read("leaderboard.json", list[dict[str, object]])
        with interpreting(self.folder / "leaderboard.json"):
            return pl.DataFrame(rows, infer_schema_length=None)

    @cached_property
    def labels(self) -> pl.DataFrame:
        """One row per query: its text, topic and origin, and what each annotator said."""
        queries = read_frame(self.folder / "queries.parquet", QUERIES, keys=BY_QUERY).select("query_id", "text")
        labels = read_label_frame(self.folder / "labels.parquet").select(
            "query_id", "topic", "subtopic", "origin", "score", "confidence"
        )
        names = ("query_id", "annotator", "topic")
        said = read_frame(self.folder / "annotations.parquet", ANNOTATIONS, ANNOTATIONS_LATER, names[:2]).select(names)
        found = queries.join(labels, on="query_id", how="left", maintain_order="left")
        if said.is_empty():
            return found
        wide = said.pivot("annotator", index="query_id", values="topic")
        with interpreting(self.folder / "annotations.parquet"):  # as an annotator called like a column
            return found.join(wide, on="query_id", how="left", maintain_order="left")

    @cached_property
    def agreement(self) -> Agreement:
        """How far the annotators agree."""
        return find_run(self.folder).read("agreement.json", Agreement)

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / "report.html"

    @cached_property
    def best(self) -> Classifier:
        """What the run says to deploy, loaded."""
        return load(self.folder)


def read_project(path: str | Path) -> Project:
    """Read a project file, or the ``topicsmith.yaml`` in a folder.

    Raises:
        ProjectError: naming file, line, key, value and what would be right.
    """
    return read_project_file(Path(path))


def read_run(path: str | Path) -> Run:
    """Open a run folder.

    Raises:
        RunStateError: when there is none.
    """
    return Run(find_run(Path(path)).path)


def run(
    project: Project | str | Path,
    *,
    until: str | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Run:
    """Bring a project's run up to date, as ``topicsmith run`` does.

    Args:
        project: a project, its file or its folder.
        until: the last stage to run; by default all.
        name: the run's name below ``runs/``; by default the project's.
        progress: what is told how far the work is; by default nobody.

    Raises:
        ProjectError: when the project is wrong or ``until`` is no stage.
        RunInUseError: when another process has the run open.
    """
    project = project if isinstance(project, Project) else read_project(project)
    stages = stage_names()
    if until is not None and until not in stages:
        raise ProjectError(f"there is no stage '{until}'; the stages are {', '.join(stages)}")
    wanted = stages if until is None else stages[: stages.index(until) + 1]
    with open_run(run_path(project, name)) as folder:
        reports = run_stages(project, folder, progress or SilentProgress(), wanted)
    return Run(folder.path, tuple(reports))


def label(
    texts: Any,
    taxonomy: Taxonomy | Sequence[str] | str | Path,
    annotators: Sequence[str],
    *,
    prompt: str = "v2",
    budget_usd: float | None = None,
    concurrency: int = 50,
    ledger: Path | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Have annotators label texts, without a project file.

    Args:
        texts: a list of texts, a pandas or polars series, or a frame with a column ``text``.
        taxonomy: the topics: a taxonomy, their names, or a taxonomy file.
        annotators: who labels, as in a project file: ``openai:gpt-5-mini``, ``local:similarity``.
        prompt: the prompt version or file.
        budget_usd: the most to spend.
        concurrency: calls at once.
        ledger: where paid answers are kept; by default one file for all of a user's notebooks.
        progress: what is told how far the work is; by default nobody.

    Returns:
        One row per text: ``text``, ``topic`` (what all annotators agree on, null where they do not), ``origin``, and a
        column per annotator with what it said.

    Raises:
        UserError: when texts, topics or annotators are wrong, or a key is missing.
    """
    rows = texts_of(texts)
    topics = _taxonomy(taxonomy)
    settings = _labeling(annotators=list(annotators), prompt=prompt, budget_usd=budget_usd, concurrency=concurrency)
    context = AnnotatorContext(topics, settings, Path(), ledger or ledger_of(Path("/")), progress or SilentProgress())
    queries = [Query(str(number), text, str(number)) for number, text in enumerate(rows)]
    annotations = annotate(make_annotators(context), queries, context.progress)
    labels = decide(queries, annotations, settings, topics)
    said = {name: [a.topic for a in annotations if a.annotator == name] for name in settings.annotators}
    columns = {"text": rows, "topic": [entry.topic for entry in labels], "origin": [entry.origin for entry in labels]}
    return pl.DataFrame({**columns, **said}, schema_overrides=dict.fromkeys(("topic", *said), pl.String))


def agreement(
    labels: Mapping[str, Sequence[str | None]] | Any,
    taxonomy: Taxonomy | Sequence[str] | str | Path | None = None,
    annotators: Sequence[str] | None = None,
) -> Agreement:
    """How far annotators agree: rates and chance-corrected coefficients, each with its interval.

    Args:
        labels: a frame or mapping with a column of topics per annotator (null: it gave none), as :func:`label` gives.
        taxonomy: the topics; by default those that occur.
        annotators: the columns to compare; by default all that are not the result's own.

    Raises:
        UserError: when there are fewer than two annotators, or a column is missing.
    """
    names = list(annotators) if annotators is not None else [c for c in _columns(labels) if c not in _NOT_ANNOTATORS]
    missing = [name for name in names if name not in _columns(labels)]
    if missing or len(names) < 2:
        wrong = f"no column '{missing[0]}'" if missing else f"{len(names)} annotators"
        raise UserError(
            f"labels: {wrong}; agreement needs two or more columns of topics, for example {{'a': [...], 'b': [...]}}"
        )
    columns = {name: [topic if isinstance(topic, str) else None for topic in labels[name]] for name in names}
    found = sorted({topic for column in columns.values() for topic in column if topic is not None})
    topics = _taxonomy(found if taxonomy is None else taxonomy)
    annotations = [
        Annotation(str(row), name, topic, None, "labelled" if topic is not None else "abstained")
        for name, column in columns.items()
        for row, topic in enumerate(column)
    ]
    return measure(annotations, topics)


def _columns(data: Any) -> list[str]:
    return [str(name) for name in (data.columns if hasattr(data, "columns") else data)]


def _taxonomy(topics: Taxonomy | Sequence[str] | str | Path) -> Taxonomy:
    if isinstance(topics, Taxonomy):
        return topics
    if isinstance(topics, str | Path):
        return read_taxonomy(Path(topics))
    return Taxonomy(tuple(Topic(name) for name in topics))


def _labeling(**settings: object) -> LabelingSettings:
    try:
        return LabelingSettings.model_validate(settings)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        raise ProjectError(f"{'.'.join(map(str, first['loc'])) or 'annotators'}: {first['msg']}") from None
