"""What can be known to be wrong with the candidates before anything is labelled and paid for."""

from topicsmith.classifiers.base import Checking
from topicsmith.classifiers.model_folder import MANIFEST, candidate_kind
from topicsmith.project import Project
from topicsmith.runs import RunFolder


def check_candidates(project: Project, run: RunFolder) -> None:
    """Ask the kind of every candidate that has no model yet whether it could be fitted.

    Raises:
        UserError: what fitting would raise after everything else is done.
    """
    for candidate in project.candidates:
        kind = candidate_kind(candidate.kind)
        if isinstance(kind, Checking) and not (run.classifier(candidate.name) / MANIFEST).is_file():
            kind.check(candidate, project.folder)
