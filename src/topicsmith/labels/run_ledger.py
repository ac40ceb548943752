"""The ledger that a run's answers are kept in, and whom they are paid for."""

import os
from dataclasses import dataclass
from pathlib import Path

from topicsmith.errors import RunStateError
from topicsmith.llm.ledger.merging import take_over
from topicsmith.llm.ledger.opening import prepare
from topicsmith.runs import LEDGER, RUNS, RunFolder, find_run

_SQLITE = b"SQLite format 3\x00"


def run_ledger(run: RunFolder) -> Path:
    """The ledger that ``run`` shares with the other runs of its project; one of its own is taken over first.

    Raises:
        RunStateError: when its own is no ledger.
        StorageError: when the disk is full or failing.
    """
    take_over(run.own_ledger, run.ledger, run.name)
    return run.ledger


def labeling_account(run: str) -> str:
    """What labelling in the run of that name counts towards.

    >>> labeling_account("march")
    'labeling:march'
    """
    return f"labeling:{run}"


def discovery_account(run: str = "") -> str:
    """What naming what was discovered counts towards: in a run, its budget for labelling holds for both together.

    >>> discovery_account("march"), discovery_account()
    ('discover:march', 'discover')
    """
    return f"discover:{run}" if run else "discover"


def candidate_account(purpose: str, candidate: str, run: str = "") -> str:
    """What asking a candidate counts towards; a budget of its holds for all purposes together.

    >>> candidate_account("bench", "glm-air", "march"), candidate_account("classify", "glm-air")
    ('bench:march/glm-air', 'classify:glm-air')
    """
    return f"{purpose}:{run}/{candidate}" if run else f"{purpose}:{candidate}"


def ledger_of(folder: Path) -> Path:
    """The ledger of the project whose run ``folder`` lies in, otherwise one in the user's cache folder."""
    run = run_of(folder)
    if run is not None:
        return run_ledger(run)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "topicsmith" / "ledger.sqlite"


def run_of(folder: Path) -> RunFolder | None:
    """The run that a model folder, or one inside a model folder, lies in; ``None`` where it lies elsewhere."""
    inside = folder.resolve()
    for above in inside.parents:
        run = RunFolder(above)
        if run.manifest.is_file() and (above / "classifiers") in inside.parents:
            return run
    return None


@dataclass(frozen=True)
class FoundLedger:
    """A ledger, and the run that was meant where it was not a whole project or a file."""

    path: Path
    run: str | None = None


def find_ledger(where: Path) -> FoundLedger:
    """The ledger of a project (its folder or its file), of a run folder, or the file that ``where`` itself is.

    Ledgers that runs had alone are taken over first, so that everything is in it.

    Raises:
        RunStateError: when there is none.
        StorageError: when the disk is full or failing.
    """
    if where.suffix in {".yaml", ".yml"} and where.is_file():
        where = where.parent
    run = None
    if where.is_file():
        path = where
        _check_database(path)
    elif (where / "topicsmith.yaml").is_file() or (where / RUNS).is_dir():
        path = where.resolve() / RUNS / LEDGER
        for folder in sorted(path.parent.glob(f"*/{LEDGER}")):
            run_ledger(RunFolder(folder.parent))
    else:
        folder_of_run = find_run(where)
        run, path = folder_of_run.name, run_ledger(folder_of_run)
    if not path.is_file():
        raise RunStateError(f"{path}: does not exist yet; 'topicsmith run' makes it when it asks a model")
    return FoundLedger(path, run)


def _check_database(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            raise RunStateError(f"{path}: not a ledger; name a project, a run folder or a file such as ledger.sqlite")
    prepare(path)
