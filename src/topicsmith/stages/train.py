"""The train stage: every candidate on the same rows, each kept when it is done."""

from dataclasses import replace

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.sweep_cache import Shared
from topicsmith.classifiers.train import train_candidate
from topicsmith.dataset.balance import balance
from topicsmith.dataset.sets import Sets
from topicsmith.dataset.subset import subset
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import BalanceSettings, CandidateSettings, Project
from topicsmith.runs import RunFolder, fingerprint
from topicsmith.stages.base import Outcome, StageContext, code_fingerprint, library_versions
from topicsmith.stages.rows import read_sets
from topicsmith.taxonomy import to_document

LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "peft", "safetensors")


def settings(project: Project) -> object:
    """The candidates and the topics."""
    candidates = [_described(candidate, project) for candidate in project.candidates]
    return {"candidates": candidates, "taxonomy": to_document(project.taxonomy)}


def _described(candidate: CandidateSettings, project: Project) -> dict[str, object]:
    """The settings of one candidate; a prompt counts by its content, since its file may change."""
    prompt = getattr(candidate, "prompt", None)
    digest = load_prompt(prompt, project.folder).digest if isinstance(prompt, str) else None
    return {**candidate.model_dump(), "prompt_digest": digest}


def files(project: Project) -> tuple[str, ...]:
    """The manifest of every model folder; it holds the hashes of the folder's other files."""
    return tuple(_manifest(candidate.name) for candidate in project.candidates)


def train(context: StageContext) -> Outcome:
    """Fit each candidate that is not fitted yet with these settings on these rows."""
    run, manifest = context.run, context.manifest
    sets = read_balanced_sets(run, context.project.balance)
    trained = 0
    shared: dict[str | None, Shared] = {}
    for candidate in context.project.candidates:
        stage = f"train/{candidate.name}"
        mark = _fingerprint(candidate, context)
        if manifest.is_fresh(stage, mark, [_manifest(candidate.name)], ["train"]):
            context.progress.say(f"train: {candidate.name}: nothing changed, skipped")
            continue
        manifest.begin(stage, mark)
        rows = subset(sets.train, candidate.train_size, candidate.seed) if candidate.train_size else sets.train
        if candidate.sweep not in shared or candidate.sweep is None:
            shared = {candidate.sweep: Shared()}
        given = replace(fit_context(context, candidate), shared=shared[candidate.sweep])
        record = train_candidate(candidate, rows, sets.validation, given, run.classifier(candidate.name))
        manifest.finish(stage, [_manifest(candidate.name)], {"seconds": record.seconds}, library_versions(LIBRARIES))
        context.progress.say(f"train: {candidate.name} in {record.seconds:.1f} s")
        trained += 1
    total = sum(example.copies for example in sets.train)
    counts = {"rows": total, "distinct_rows": len(sets.train), "validation_rows": len(sets.validation)}
    return Outcome(
        f"{trained} of {len(context.project.candidates)} candidates trained on {total:,} rows", counts, LIBRARIES
    )


def fit_context(context: StageContext, candidate: CandidateSettings) -> FitContext:
    """What fitting ``candidate`` is given."""
    work = context.run.work(candidate.name)
    work.mkdir(parents=True, exist_ok=True)
    return FitContext(
        taxonomy=context.project.taxonomy,
        work=work,
        ledger=context.run.ledger,
        project_folder=context.project.folder,
        progress=context.progress,
    )


def read_balanced_sets(run: RunFolder, settings: BalanceSettings) -> Sets:
    """The three sets, training rows with the copies and weights that balancing gives them."""
    sets = read_sets(run)
    return replace(sets, train=balance(sets.train, settings).train)


def _manifest(candidate: str) -> str:
    return f"classifiers/{candidate}/topicsmith.json"


def _fingerprint(candidate: CandidateSettings, context: StageContext) -> str:
    return fingerprint(
        {
            "candidate": _described(candidate, context.project),
            "taxonomy": to_document(context.project.taxonomy),
            "rows": [context.manifest.result(stage) for stage in ("ingest", "agree", "split", "balance")],
            "code": code_fingerprint(("classifiers",)),
        }
    )
