"""A look at logs before trusting them: what they are taken for and why, who speaks, what users ask, what is lost."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import ColumnFormat, Row, SourceError, read_rows_as
from topicsmith.traces.detect import Recognised, recognise
from topicsmith.traces.files.rows import read_rows
from topicsmith.traces.files.sources import Source, find_sources
from topicsmith.traces.guess import guess_table
from topicsmith.traces.queries import NO_USER_TURN, first_question, roles_seen

ROWS = 2000
"""Rows that are looked at of a file."""

FILES = 20
"""Files that are looked into."""

QUESTIONS = 10
_REASONS = 8


@dataclass(frozen=True)
class SeenQuestion:
    """A first question, the file and row it comes from, and the template that was taken off it, if one was."""

    text: str
    where: str
    template: str | None


@dataclass(frozen=True)
class SeenFile:
    """What a file was taken for, and why; ``rows`` were looked at, and ``whole`` says whether that is all of them."""

    name: str
    format: str
    why: str
    rows: int
    whole: bool


@dataclass(frozen=True)
class Lost:
    """Rows or conversations that would give no question, by reason, with the place and particulars of the first."""

    reason: str
    count: int
    where: str
    detail: str


@dataclass(frozen=True)
class Look:
    """What a sample of the logs holds.

    ``conversations`` are those of the sample; ``roles`` say who speaks in how many messages; ``unwrapped`` are
    questions that stood inside a template; ``settings`` is what the project file should say under ``traces``;
    ``unseen_files`` were found and not looked into; with ``several_shapes`` the settings are those of the first file,
    and others have other columns.
    """

    files: tuple[SeenFile, ...]
    unseen_files: int
    conversations: int
    roles: Mapping[str, int]
    questions: tuple[SeenQuestion, ...]
    lost: tuple[Lost, ...]
    unwrapped: Mapping[str, int]
    settings: Mapping[str, object]
    several_shapes: bool


def look(path: Path) -> Look:
    """Look at a sample of what ``path`` (a file, folder or glob) means: the first rows of the first files.

    Raises:
        TraceError: when there is no file, or none of those looked into can be read.
    """
    with TemporaryDirectory(prefix="topicsmith-look-") as workspace:
        found = find_sources(str(path), Path.cwd(), Path(workspace))
        seen = _Seen(str(path))
        for dropped in found.refused:
            seen.lose(dropped)
        errors: list[SourceError] = []
        for source in found.sources[:FILES]:
            try:
                seen.take(source)
            except SourceError as error:
                errors.append(error)
                seen.lose(error.dropped())
        if not seen.files:
            raise errors[0] if errors else TraceError(f"{path}: has no logs in it")
        return seen.result(len(found.sources[FILES:]))


class _Seen:
    """What was seen so far."""

    def __init__(self, path: str) -> None:
        self.files: list[SeenFile] = []
        self._path = path
        self._columns: list[Mapping[str, object]] = []
        self._conversations = 0
        self._roles: Counter[str] = Counter()
        self._questions: list[SeenQuestion] = []
        self._first_lost: dict[str, Dropped] = {}
        self._lost: Counter[str] = Counter()
        self._unwrapped: Counter[str] = Counter()

    def lose(self, dropped: Dropped) -> None:
        """Count a row that gives no question."""
        self._lost[dropped.reason] += 1
        self._first_lost.setdefault(dropped.reason, dropped)

    def take(self, source: Source) -> None:
        """Look into one file.

        Raises:
            SourceError: when it cannot be read.
        """
        settings, item = _recognised(source)
        chosen = settings.model_dump(exclude_defaults=True, exclude_none=True)
        columns = {key: value for key, value in chosen.items() if key != "path"}
        self._columns += [columns] if columns not in self._columns else []
        rows = _Rows(source, item, settings)
        for result in read_rows_as(item.format, rows, settings):
            if isinstance(result, Dropped):
                self.lose(result)
            else:
                self._conversation(result)
        self.files.append(SeenFile(source.name, item.format.name, item.why, rows.count, rows.whole))

    def _conversation(self, trace: Trace) -> None:
        self._conversations += 1
        self._roles.update(message.role for message in trace.messages)
        question = first_question(trace.messages)
        if isinstance(question, str):
            detail = roles_seen(trace.messages) if question == NO_USER_TURN else ""
            self.lose(Dropped(trace.source, trace.row, question, detail))
            return
        if question.template is not None:
            self._unwrapped[question.template] += 1
        if len(self._questions) < QUESTIONS:
            self._questions.append(SeenQuestion(question.text, f"{trace.source}:{trace.row}", question.template))

    def _told(self, reason: str, count: int) -> Lost:
        first = self._first_lost[reason]
        return Lost(reason, count, f"{first.source}:{first.row}" if first.row else first.source, first.detail)

    def result(self, unseen: int) -> Look:
        """Everything together."""
        lost = [self._told(reason, count) for reason, count in self._lost.most_common(_REASONS)]
        return Look(
            files=tuple(self.files),
            unseen_files=unseen,
            conversations=self._conversations,
            roles=dict(self._roles.most_common()),
            questions=tuple(self._questions),
            lost=tuple(lost),
            unwrapped=dict(self._unwrapped.most_common()),
            settings={"path": self._path, **(self._columns[0] if self._columns else {})},
            several_shapes=len(self._columns) > 1,
        )


def _recognised(source: Source) -> tuple[TraceSettings, Recognised]:
    """How a file is read: as a known format, or as a table whose columns are told by what is in them."""
    settings = TraceSettings(path=source.name)
    try:
        item = recognise(source, settings)
    except SourceError as error:
        try:
            guessed = guess_table(source)
        except TraceError:
            raise error from None
    else:
        if item.format.name != "table":
            return settings, item
        guessed = guess_table(source)
    settings = TraceSettings.model_validate({"path": source.name, **guessed.columns})
    item = recognise(source, settings)
    return settings, Recognised(source, item.format, guessed.why)


class _Rows:
    """The first rows of a file: how many, and whether that is all of them."""

    def __init__(self, source: Source, item: Recognised, settings: TraceSettings) -> None:
        self.count, self.whole = 0, False
        wanted = item.format if isinstance(item.format, ColumnFormat) else None
        self._rows = read_rows(source, wanted, settings)

    def __iter__(self) -> Iterator[Row | Dropped]:
        try:
            for row in islice(self._rows, ROWS):
                self.count += 1
                yield row
            self.whole = next(self._rows, None) is None
        except SourceError as error:
            yield error.dropped()
