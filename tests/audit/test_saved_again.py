"""A sheet that any spreadsheet saved again gives the answers that a person wrote into it."""

import csv
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topicsmith.audit.answers import read_answers
from topicsmith.audit.sample import AuditRow, AuditSample
from topicsmith.audit.sheets import write_sheet
from topicsmith.taxonomy import Taxonomy, Topic

_TAXONOMY = Taxonomy((Topic("Science"), Topic("-Minus"), Topic("Other")), catch_all="Other")
_DIGITS = ["7487328123195224", "0000000000000012", "74873281e0000005", "1234567890123456"]
_IDS = st.sampled_from(_DIGITS) | st.text("0123456789abcdef", min_size=16, max_size=16)
_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_SAID = st.sampled_from(["Science", "science ", "'-Minus", "Other", "?", " ？", ""])
_MEANT = {"Science": "Science", "science ": "Science", "'-Minus": "-Minus", "Other": "Other", "?": None, " ？": None}


def _excel(cell: str) -> str:
    """What Excel saves for a cell that it opened as a number."""
    try:
        number = float(cell)
    except ValueError:
        return cell
    return cell if not cell.strip() else f"{number:.5E}"


def _quoted(cell: str, separator: str, always: bool) -> str:
    needed = always or any(mark in cell for mark in f'{separator}"\r\n')
    return '"{}"'.format(cell.replace('"', '""')) if needed else cell


@st.composite
def _savings(draw: st.DrawFn) -> tuple[AuditSample, dict[str, str], Callable[[Path], None]]:
    """A sample, what a person says of its rows, and a spreadsheet that saves the sheet anew with those answers."""
    ids = draw(st.lists(_IDS, min_size=1, max_size=6, unique=True))
    # the number keeps the texts apart, so that a spoilt id can be told by its text
    texts = [f"{draw(_WORDS)}{number}{draw(_WORDS)}" for number in range(len(ids))]
    rows = tuple(AuditRow(query_id, text, "agreed") for query_id, text in zip(ids, texts, strict=True))
    said = {query_id: draw(_SAID) for query_id in ids}
    separator, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    marked, stripped = draw(st.booleans()), draw(st.booleans())
    capitals, pattern = draw(st.booleans()), draw(st.sampled_from(["{}", " {} "]))
    first, empty = draw(st.sampled_from(["", f"sep={separator}"])), draw(st.integers(0, 2))
    order = draw(st.permutations(range(len(ids))))
    columns = draw(st.permutations(["query_id", "text", "topic", "note", ""]))
    always = draw(st.booleans())
    inner = draw(st.sampled_from(["\n", "\r\n", "\r"]))

    def save(path: Path) -> None:
        with path.open(encoding="utf-8-sig", newline="") as file:
            read = list(csv.DictReader(file))
        names = [pattern.format(name.upper() if capitals else name) for name in columns]
        saved = [[first], names] if first else [names]
        for row in (read[place] for place in order):
            query_id = row["query_id"].removeprefix("q-")
            text = row["text"].replace("\r\n", "\n").replace("\r", "\n").replace("\n", inner)
            cells = {
                "query_id": f" {row['query_id']}" if marked else _excel(query_id),
                "text": text.removeprefix("'") if stripped else text,
                "topic": said[query_id],
                "note": "",
                "": "",
            }
            saved += [[cells[name] for name in columns], *[[""] * len(columns)] * empty]
        lines = (separator.join(_quoted(cell, separator, always) for cell in cells) + end for cells in saved)
        path.write_bytes("".join(lines).encode(encoding))

    return AuditSample(rows), said, save


@given(_savings())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
def test_a_sheet_saved_again_gives_the_same_answers(
    tmp_path: Path, saving: tuple[AuditSample, dict[str, str], Callable[[Path], None]]
) -> None:
    sample, said, save = saving
    path = tmp_path / "audit.csv"
    path.unlink(missing_ok=True)
    write_sheet(sample, path)
    save(path)
    filled = read_answers(path, sample, _TAXONOMY)
    assert filled.refused == filled.notes == ()
    assert {answer.query_id: answer.topic for answer in filled.answers} == {
        query_id: _MEANT[topic] for query_id, topic in said.items() if topic
    }
