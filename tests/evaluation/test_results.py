from math import isnan

from pydantic import TypeAdapter

from topicsmith.statistics.intervals import Interval


def test_null_in_json_reads_as_not_a_number() -> None:
    interval = TypeAdapter(Interval).validate_json('{"value": null, "low": 0.0, "high": 1.0, "n": 0}')
    assert isnan(interval.value)
    assert interval.high == 1.0
