"""The door for formats."""

from topicsmith.records import Dropped
from topicsmith.traces.base import ColumnFormat, QuickFormat, SourceError
from topicsmith.traces.detect import find_format


def test_an_error_about_a_file_names_the_place_the_reason_and_the_cure() -> None:
    error = SourceError("log.csv", 7, "not CSV", "use quotes", "unexpected end")
    assert str(error) == "log.csv:7: not CSV (unexpected end); use quotes"
    assert error.dropped() == Dropped("log.csv", 7, "not CSV", "unexpected end; use quotes")
    assert str(SourceError("log.csv", 0, "is empty", "check it")) == "log.csv: is empty; check it"
    assert error.exit_code == 2


def test_what_formats_offer_besides_reading_is_told_by_its_methods() -> None:
    assert isinstance(find_format("toucan"), ColumnFormat)
    assert isinstance(find_format("toucan"), QuickFormat)
    assert isinstance(find_format("wildchat"), ColumnFormat)
    assert not isinstance(find_format("wildchat"), QuickFormat)
    assert not isinstance(find_format("openai"), ColumnFormat)
