"""Audit samples as sheets that a person fills in, and the answers back: CSV for spreadsheets, JSONL without loss.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP recommends; reading takes it
away again.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from topicsmith.atomic_files import write_bytes
from topicsmith.audit.sample import CANNOT_TELL, AuditAnswer, AuditSample
from topicsmith.errors import ProjectError
from topicsmith.taxonomy import Taxonomy

COLUMNS = ("query_id", "text", "topic", "note")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape(cell: str) -> str:
    """``cell``, harmless in a spreadsheet.

    >>> escape("=1+1"), escape("fine"), escape("'=1+1")
    ("'=1+1", 'fine', "''=1+1")
    """
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def unescape(cell: str) -> str:
    """What :func:`escape` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def write_sheet(sample: AuditSample, path: Path) -> None:
    """Write ``sample`` with empty cells for the answers: CSV, or JSON lines where ``path`` ends in ``.jsonl``.

    Raises:
        ProjectError: when the file is there already; it may hold answers.
        StorageError: when it cannot be written.
    """
    if path.exists():
        raise ProjectError(f"{path}: already exists and may hold answers; name another file or move it away")
    rows = [{"query_id": row.query_id, "text": row.text, "topic": "", "note": ""} for row in sample.rows]
    if path.suffix == ".jsonl":
        write_bytes(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
        return
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([escape(row[column]) for column in COLUMNS] for row in rows)
    # The mark at the start tells spreadsheets that this is UTF-8.
    write_bytes(path, sheet.getvalue().encode("utf-8-sig"))


def read_answers(path: Path, sample: AuditSample, taxonomy: Taxonomy) -> list[AuditAnswer]:
    """Read a filled-in sheet; rows without an answer are left out.

    A ``?`` says that the person cannot tell. Topics may be spelled in any case and spacing.

    Raises:
        ProjectError: naming file and line, for an unknown topic, a row that was not asked or is repeated, or a column
            that is missing.
    """
    asked = {row.query_id for row in sample.rows}
    answers: dict[str, AuditAnswer] = {}
    for line, row in _rows(path):
        query_id, said = row.get("query_id", ""), row.get("topic", "").strip()
        if query_id not in asked:
            raise ProjectError(f"{path}:{line}: '{query_id[:80]}' is not a row of this audit; keep the column query_id")
        if query_id in answers:
            raise ProjectError(f"{path}:{line}: the row '{query_id}' is answered twice; keep one")
        if not said:
            continue
        topic = None if said == CANNOT_TELL else taxonomy.match(said)
        if topic is None and said != CANNOT_TELL:
            names = ", ".join(taxonomy.names)
            raise ProjectError(f"{path}:{line}: '{said[:80]}' is no topic; write one of {names}, or '?'")
        answers[query_id] = AuditAnswer(query_id, topic)
    return list(answers.values())


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows with the line each ends in, cells as they were before escaping."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ProjectError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path}: not UTF-8 (byte {error.start}); save it as 'CSV UTF-8'") from None
    return _json_rows(path, text) if path.suffix == ".jsonl" else _csv_rows(path, text)


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ProjectError(f"{path}:{number}: not JSON ({error.msg})") from None
        if not isinstance(row, dict):
            raise ProjectError(f"{path}:{number}: a JSON object with query_id and topic was expected")
        yield number, {key: "" if value is None else str(value) for key, value in row.items()}


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    first = text.partition("\n")[0]
    # Spreadsheets set to a language with decimal commas separate cells by semicolons.
    separator = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    # A program that read the mark at the start as part of the first name has quoted it with the name.
    reader.fieldnames = [name.replace("\ufeff", "").strip('"') for name in reader.fieldnames or ()]
    missing = [column for column in ("query_id", "topic") if column not in (reader.fieldnames or ())]
    if missing:
        raise ProjectError(f"{path}:1: missing column '{missing[0]}'; keep the first line as it was written")
    for row in reader:
        yield reader.line_num, {key: unescape(value) for key, value in row.items() if key and isinstance(value, str)}
