"""Loading a classifier from a run folder or a model folder."""

from pathlib import Path

from topicsmith.classifiers.base import Classifier
from topicsmith.classifiers.model_folder import MANIFEST, load_classifier
from topicsmith.errors import ModelFolderError
from topicsmith.runs import find_run


def load(path: str | Path, candidate: str | None = None) -> Classifier:
    """Load a classifier: a model folder, or from a run folder the named or the best candidate.

    Raises:
        ModelFolderError: when ``path`` is neither, or the candidate is not in the run.
    """
    path = Path(path)
    if (path / MANIFEST).is_file():
        return load_classifier(path)
    if not (path / "manifest.json").is_file():
        raise ModelFolderError(f"{path}: neither a run folder nor a model folder")
    run = find_run(path)
    if candidate is None:
        board = run.read_json("leaderboard.json")
        assert isinstance(board, list)
        candidate = str(board[0]["candidate"])
    folder = run.classifier(candidate)
    if not folder.is_dir():
        have = ", ".join(sorted(p.name for p in (run.path / "classifiers").glob("[!.]*"))) or "none"
        raise ModelFolderError(f"{path}: has no candidate '{candidate}'; it has: {have}")
    return load_classifier(folder)
