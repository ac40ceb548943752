"""Whether a classifier is still what its project asks for."""

from topicsmith.errors import UserError
from topicsmith.loading import Classifier
from topicsmith.pipeline import plan_stages, stage_names
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder


def staleness(classifier: Classifier) -> list[str]:
    """What has changed in the project since the classifier was trained, a line each; nothing for one out of its run.

    A project that cannot be read, whose logs are gone for example, says nothing of its classifier.
    """
    run = RunFolder(classifier.folder.resolve().parent.parent)
    project_file = run.project_file
    if not run.manifest.is_file() or project_file is None:
        return []
    try:
        project = read_project(project_file)
        plans = plan_stages(project, run, stage_names()[: stage_names().index("train") + 1])
    except UserError:
        return []
    knows, wanted = set(classifier.classes_), set(project.taxonomy.names)
    lines = []
    if wanted - knows:
        lines.append(f"the taxonomy has topics that this classifier does not know: {_named(wanted - knows)}")
    if knows - wanted:
        lines.append(f"this classifier answers with topics that the taxonomy no longer has: {_named(knows - wanted)}")
    stale = [f"{plan.name}: {plan.why}" for plan in plans if plan.project_changed]
    if stale:
        lines.append(f"its run is not up to date ({stale[0]}); 'topicsmith run' brings it up to date")
    return lines


def _named(topics: set[str]) -> str:
    shown = sorted(topics)[:5]
    more = len(topics) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
