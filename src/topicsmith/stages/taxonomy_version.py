"""The version of the taxonomy that a run works with, kept in the history beside the taxonomy's file."""

from topicsmith.errors import StorageError, TaxonomyError
from topicsmith.progress import Progress
from topicsmith.project import Project
from topicsmith.taxonomy_changes.history import TaxonomyVersion, history_path, read_history, record


def note_version(project: Project, progress: Progress) -> tuple[TaxonomyVersion, ...]:
    """The history of the project's taxonomy, to which today's is added where it is new; what changed is said.

    Where the history cannot be written, which is said too, the run goes on without a number for the version.

    Raises:
        TaxonomyError: when the taxonomy does not say what became of a topic.
        RunStateError: when the history cannot be read.
    """
    if project.topics_file is None:
        return ()
    path = history_path(project.topics_file)
    before = read_history(path)
    try:
        versions = record(path, project.taxonomy)
    except TaxonomyError as error:
        raise TaxonomyError(f"{project.topics_file}: {error}", error.location) from None
    except StorageError as error:
        progress.say(f"taxonomy: {error}")
        return before
    if before and len(versions) > len(before):
        last = versions[-1]
        said = "; ".join(" ".join(change.line.split()) for change in last.changes[:5]) or "what models are not told"
        more = f"; and {len(last.changes) - 5:,} more" if last.changes[5:] else ""
        progress.say(f"taxonomy: {last.name}: {said}{more}; 'topicsmith taxonomy diff {before[-1].number}' lists all")
    return versions
