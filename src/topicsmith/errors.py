"""Everything topicsmith raises on purpose.

    TopicsmithError                 exit code 1
    ├── UserError                   exit code 2: the user can mend it
    │   ├── ProjectError            the project file or a command's options
    │   ├── TaxonomyError           the topics themselves
    │   ├── TraceError              an input that cannot be read at all
    │   ├── RunInUseError           another process holds the run folder
    │   ├── RunStateError           the run folder lacks or cannot give what is asked
    │   ├── ModelFolderError        a folder that is no model, or not one we may load
    │   ├── MissingExtraError       an optional library is not installed
    │   └── CredentialsError        a key is missing or was refused
    ├── UpstreamError               a service answered in a way that cannot be used
    ├── TrainingError               training broke off (not a number, out of memory)
    ├── StorageError                the disk is full or failing
    └── StoppedError                exit code 3: stopped by the user's own limit, everything kept
        └── BudgetSpentError        the money allowed is spent

Every message is one line: the value, where it stands, and the cure.
"""

LONGEST_LINE = 1000
_BEGIN, _END = 700, 250
LONGEST_QUOTED = 300
"""Characters of a library's error that are quoted: some of them quote whole files."""


def first_line(exc: BaseException) -> str:
    """The first line of what a library's error says, shortened, or its name where it says nothing."""
    return (str(exc).strip() or type(exc).__name__).splitlines()[0][:LONGEST_QUOTED]


class TopicsmithError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        """Say ``message``; of a very long one, as where a value fills pages, the middle is left out."""
        super().__init__(message if len(message) <= LONGEST_LINE else f"{message[:_BEGIN]} […] {message[-_END:]}")


class UserError(TopicsmithError):
    """Something the user gave is wrong, and the message says how to mend it."""

    exit_code = 2


class ProjectError(UserError):
    """The project file, or a command's options, cannot be used."""


class TaxonomyError(UserError):
    """The topics contradict each other or are too few; ``location`` is where in the document, if known."""

    def __init__(self, message: str, location: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.location = location


class TraceError(UserError):
    """An input file cannot be read at all."""


class RunInUseError(UserError):
    """Another process is working in the run folder."""


class RunStateError(UserError):
    """The run folder does not hold what is asked of it."""


class ModelFolderError(UserError):
    """A folder is not a model, or not one that may be loaded."""


class MissingExtraError(UserError):
    """An optional library is needed and not installed."""

    def __init__(self, what: str, extra: str) -> None:
        """Say that ``what`` needs ``extra``, and the command that installs it from where topicsmith came from."""
        super().__init__(f"{what} needs libraries that are not installed: pip install {_origin(extra)}")


def _origin(extra: str) -> str:
    """What pip is to be given for ``extra``: the checkout or file that was installed, otherwise the name."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        written = distribution("topicsmith").read_text("direct_url.json")
    except PackageNotFoundError:
        written = None
    found = json.loads(written) if written else {}
    url = str(found.get("url", ""))
    if found.get("dir_info", {}).get("editable"):
        return f"-e '{url.removeprefix('file://')}[{extra}]'"
    return f"'topicsmith[{extra}] @ {url}'" if url else f"'topicsmith[{extra}]'"


class CredentialsError(UserError):
    """A key is missing from the environment, or the service refused it."""


class UpstreamError(TopicsmithError):
    """A service answered in a way that cannot be used."""


class TrainingError(TopicsmithError):
    """Training could not go on; the last good state is kept."""


class StorageError(TopicsmithError):
    """The disk is full or failing; nothing more is paid for."""


class StoppedError(TopicsmithError):
    """Stopped early by the user's own limit, with everything kept."""

    exit_code = 3


class BudgetSpentError(StoppedError):
    """The money the project allows is spent."""
