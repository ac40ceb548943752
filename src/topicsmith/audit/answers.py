"""The answers in a filled-in sheet: each row found by its id, or by its text where a spreadsheet spoilt the id."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from topicsmith.audit.sample import CANNOT_TELL, AuditAnswer, AuditSample
from topicsmith.audit.sheet_rows import SheetRow, read_rows
from topicsmith.audit.sheets import ID_MARK
from topicsmith.errors import ProjectError
from topicsmith.normal_forms import normal_form
from topicsmith.taxonomy import Taxonomy

_SHOWN = 80


@dataclass(frozen=True)
class FilledSheet:
    """What a sheet says: ``answers``, and a line for each row that was ``refused``: file, line, value and cure.

    ``notes`` are lines on the whole file, such as an encoding that had to be guessed.
    """

    answers: tuple[AuditAnswer, ...]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _RowError(Exception):
    """What is wrong with one row, and the cure."""


def read_answers(path: Path, sample: AuditSample, taxonomy: Taxonomy) -> FilledSheet:
    """Read a filled-in sheet; rows without an answer are left out, and a row that is wrong costs itself alone.

    A ``?`` says that the person cannot tell. Topics may be spelled in any case and spacing. A row whose id is none of
    the sample's is that of its text, if one row of the sample has this text. A row is refused for an unknown topic, an
    id and a text that name no row or two different ones, and for another answer to the same row.

    Raises:
        ProjectError: when the file cannot be read at all, or every answered row is refused.
    """
    content, asked = read_rows(path), _Asked(sample)
    given: dict[str, dict[int, str | None]] = defaultdict(dict)
    refused: dict[int, str] = {}
    for row in content.rows:
        try:
            found = _answer(row, asked, taxonomy)
        except _RowError as error:
            refused[row.line] = f"{path}:{row.line}: {error}"
        else:
            if found is not None:
                given[found.query_id][row.line] = found.topic
    answers = [AuditAnswer(query_id, next(iter(said.values()))) for query_id, said in given.items() if _one(said)]
    for query_id, said in given.items():
        if not _one(said):
            refused.update({line: f"{path}:{line}: {_twice(query_id, said, line)}" for line in said})
    lines = tuple(refused[line] for line in sorted(refused))
    if lines and not answers:
        raise ProjectError(lines[0] + (f" ({len(lines)} rows are refused, no answer is left)" if lines[1:] else ""))
    return FilledSheet(tuple(answers), lines, content.notes)


def _answer(row: SheetRow, asked: "_Asked", taxonomy: Taxonomy) -> AuditAnswer | None:
    """The answer in ``row``; ``None`` where there is none."""
    if row.problem:
        raise _RowError(row.problem)
    said, named = row.cells.get("topic", "").strip(), row.cells.get("query_id", "").strip()
    if not said:
        _check_no_answer(row, named, asked, taxonomy)
        return None
    query_id = asked.find(named, row.cells.get("text", ""))
    if normal_form("NFKC", said, len(CANNOT_TELL) + 1) == CANNOT_TELL:
        return AuditAnswer(query_id, None)
    topic = taxonomy.match(said)
    if topic is None:
        names = ", ".join(taxonomy.names)
        raise _RowError(f"'{_shown(said)}' is no topic; write one of {names}, or '{CANNOT_TELL}'")
    return AuditAnswer(query_id, topic)


def _check_no_answer(row: SheetRow, named: str, asked: "_Asked", taxonomy: Taxonomy) -> None:
    # A line end in a cell without quotes leaves the end of the row, with the answer, under the wrong columns.
    stray = next((cell for cell in row.cells.values() if cell == CANNOT_TELL or taxonomy.match(cell)), None)
    if stray is not None and not asked.knows(named):
        raise _RowError(f"'{_shown(stray)}' is not in the column 'topic'; quote cells that hold line ends")


def _one(said: Mapping[int, str | None]) -> bool:
    return len(set(said.values())) == 1


def _twice(query_id: str, said: Mapping[int, str | None], line: int) -> str:
    here = said[line]
    other = next(number for number, topic in said.items() if topic != here)
    texts = {number: topic or CANNOT_TELL for number, topic in said.items()}
    return (
        f"the row '{query_id}' is answered twice, '{texts[line]}' here and '{texts[other]}' in line {other}; keep one"
    )


class _Asked:
    """The rows of a sample by id and by text, in the forms that spreadsheets leave of them."""

    def __init__(self, sample: AuditSample) -> None:
        self._ids: dict[str, str] = {}
        self._by_form: dict[str, set[str]] = defaultdict(set)
        self._by_text: dict[str, set[str]] = defaultdict(set)
        self._texts = {row.query_id: _text_form(row.text) for row in sample.rows}
        for row in sample.rows:
            # The id with the mark is what is written today and comes before one that only looks like it.
            self._ids[ID_MARK + row.query_id] = row.query_id
            for spelling in (row.query_id, ID_MARK + row.query_id):
                self._ids.setdefault(spelling, row.query_id)
                self._by_form[_id_form(spelling)].add(row.query_id)
            self._by_text[_text_form(row.text)].add(row.query_id)
        self._by_text.pop("", None)

    def knows(self, cell: str) -> bool:
        """Whether ``cell`` is the id of a row, in any form."""
        return cell in self._ids or _id_form(cell) in self._by_form

    def find(self, cell: str, text: str) -> str:
        """The id of the row that has ``cell`` for its id, or else ``text`` for its text."""
        form = _text_form(text)
        same_text = self._by_text.get(form, set())
        named = self._ids.get(cell) or _only(self._by_form.get(_id_form(cell), set()))
        if named is None:
            if (found := _only(same_text)) is not None:
                return found
            why = f"and {len(same_text)} rows have its text" if same_text else "nor is its text that of one"
            raise _RowError(
                f"'{_shown(cell)}' is not a row of this audit, {why}; put back the id that audit.json in the run has"
            )
        # Sorting one column and not the others leaves every id beside the text of another row.
        if same_text and named not in same_text:
            raise _RowError(
                f"'{_shown(cell)}' is the id of another row than the text '{_shown(text)}'; put back the right id, and "
                "sort whole rows, not one column"
            )
        return named


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None


def _id_form(cell: str) -> str:
    # Quotes and an equals sign are how people keep spreadsheets from changing a cell: ="0123".
    return cell.strip(" \t\xa0=\"'").casefold()


def _text_form(text: str) -> str:
    """``text`` in the form in which it is the same after a spreadsheet had it."""
    return " ".join(normal_form("NFC", text).split()).lstrip("' ")


def _shown(value: str) -> str:
    return " ".join(value.split())[:_SHOWN]
