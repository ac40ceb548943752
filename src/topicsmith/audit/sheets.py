"""Audit samples as sheets that a person fills in: CSV for spreadsheets, JSONL without loss.

What a spreadsheet would take for a formula is escaped. Ids get letters in front, since a spreadsheet makes a number of
sixteen digits and writes 7.48733E+15 back.
"""

import csv
import io
import json
from pathlib import Path

from topicsmith.atomic_files import write_bytes
from topicsmith.audit.sample import AuditSample
from topicsmith.csv_cells import escape
from topicsmith.errors import ProjectError

COLUMNS = ("query_id", "text", "topic", "note")
ID_MARK = "q-"
"""Stands before an id in CSV: one of digits, or of digits around an ``e``, is a number to a spreadsheet."""

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")
"""Suffixes of files that spreadsheets write for themselves."""


def write_sheet(sample: AuditSample, path: Path) -> None:
    """Write ``sample`` with empty cells for the answers: CSV, or JSON lines where ``path`` ends in ``.jsonl``.

    Raises:
        ProjectError: when the file is there already, since it may hold answers, or is named as a workbook.
        StorageError: when it cannot be written.
    """
    if path.suffix.lower() in WORKBOOKS:
        raise ProjectError(f"{path}: sheets are CSV or JSON lines; name it {path.stem}.csv, which spreadsheets open")
    if path.exists():
        raise ProjectError(f"{path}: already exists and may hold answers; name another file or move it away")
    rows = [{"query_id": row.query_id, "text": row.text, "topic": "", "note": ""} for row in sample.sheet]
    if path.suffix.lower() == ".jsonl":
        write_bytes(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
        return
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    marked = ({**row, "query_id": ID_MARK + row["query_id"]} for row in rows)
    writer.writerows([escape(row[column]) for column in COLUMNS] for row in marked)
    # The mark at the start tells spreadsheets that this is UTF-8.
    write_bytes(path, sheet.getvalue().encode("utf-8-sig"))
