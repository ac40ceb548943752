"""train: every candidate on the same rows, each kept when it is done."""

from pathlib import Path

from topicsmith.classifiers.base import FitContext, FittedCandidate
from topicsmith.classifiers.base_digest import base_digest
from topicsmith.classifiers.sweep_cache import SweepCache
from topicsmith.classifiers.train import train_candidate
from topicsmith.composites import in_order
from topicsmith.dataset.subset import subset
from topicsmith.labels.run_ledger import run_ledger
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import CandidateSettings, Project
from topicsmith.stages.base import Stage, StageContext, StageResult, candidate_kinds
from topicsmith.stages.code import kind_fingerprint
from topicsmith.taxonomy import to_document

LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "peft", "safetensors")


def settings(project: Project) -> object:
    """The candidates and the topics."""
    candidates = [_described(candidate, project) for candidate in project.candidates]
    return {"candidates": candidates, "taxonomy": to_document(project.taxonomy)}


def _described(candidate: CandidateSettings, project: Project) -> dict[str, object]:
    """The settings of one candidate; a prompt and a local base model count by their content, which may change."""
    prompt, settings = candidate.prompt_name, candidate.model_dump()
    return {
        **settings,
        "prompt_digest": load_prompt(prompt, project.folder).digest if prompt is not None else None,
        "base_digests": [base_digest(folder) for folder in _base_folders(settings, project.folder)],
    }


def _base_folders(settings: object, project_folder: Path) -> list[Path]:
    """The folders that a candidate's settings name as ``model``, of what it is built on too."""
    if isinstance(settings, dict):
        own = settings.get("model")
        folder = project_folder / Path(own).expanduser() if isinstance(own, str) and own else None
        found = [folder] if folder is not None and folder.is_dir() else []
        return [*found, *(each for value in settings.values() for each in _base_folders(value, project_folder))]
    if isinstance(settings, list | tuple):
        return [each for value in settings for each in _base_folders(value, project_folder)]
    return []


def files(project: Project) -> tuple[str, ...]:
    """The manifest of every model folder; it holds the hashes of the folder's other files."""
    return tuple(_manifest(candidate.name) for candidate in project.candidates)


def train(context: StageContext) -> StageResult:
    """Fit each candidate that is not fitted yet with these settings on these rows."""
    project, sets = context.project, context.tables.balanced_sets(context.project.balance)
    trained, cache, cached_for = 0, SweepCache(), None
    for candidate in in_order(project.candidates):
        depends_on = {
            "candidate": _described(candidate, project),
            "code": [kind_fingerprint(kind) for kind in candidate_kinds(project, candidate)],
            "made_of": [context.manifest.result(f"train/{name}") for name in candidate.made_of],
            "taxonomy": to_document(project.taxonomy),
            "rows": [context.manifest.result(stage) for stage in ("ingest", "agree", "split", "balance")],
        }
        with context.once(f"train/{candidate.name}", depends_on, [_manifest(candidate.name)], ["train"]) as work:
            if work is None:
                context.progress.say(f"train: {candidate.name}: nothing changed, skipped")
                continue
            sweep = candidate.sweep.name if candidate.sweep is not None else None
            if sweep is None or sweep != cached_for:
                cache, cached_for = SweepCache(), sweep
            rows = subset(sets.train, candidate.train_size, candidate.seed) if candidate.train_size else sets.train
            folder = context.run.classifier(candidate.name)
            record = train_candidate(candidate, rows, sets.validation, _fit_context(context, candidate, cache), folder)
            work.counts, work.libraries = {"seconds": record.seconds}, LIBRARIES
        context.progress.say(f"train: {candidate.name} in {record.seconds:.1f} s")
        trained += 1
    total = sum(example.copies for example in sets.train)
    counts = {"rows": total, "distinct_rows": len(sets.train), "validation_rows": len(sets.validation)}
    summary = f"{trained} of {len(project.candidates)} candidates trained on {total:,} rows"
    return StageResult(summary, counts, LIBRARIES)


def _fit_context(context: StageContext, candidate: CandidateSettings, cache: SweepCache) -> FitContext:
    work = context.run.work(candidate.name)
    work.mkdir(parents=True, exist_ok=True)
    return FitContext(
        taxonomy=context.project.taxonomy,
        work=work,
        ledger=run_ledger(context.run),
        project_folder=context.project.folder,
        progress=context.progress,
        shared=cache,
        run=context.run.name,
        unlabelled=context.tables.unlabelled,
        taxonomy_file=context.project.topics_file,
        others={
            other.name: FittedCandidate(other, context.run.classifier(other.name))
            for other in context.project.candidates
            if other.name in candidate.made_of
        },
    )


def _manifest(candidate: str) -> str:
    return f"classifiers/{candidate}/topicsmith.json"


STAGE = Stage(
    name="train",
    after=("ingest", "label", "agree", "split", "balance"),
    settings=settings,
    writes=files,
    rooms=(),
    run=train,
    kinds=candidate_kinds,
)
