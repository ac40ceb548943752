"""``topicsmith published``: the experiment's own table read through our statistics."""

import sys
from dataclasses import dataclass
from importlib.resources import files

import orjson

from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.reference.results import PublishedReading, read_published, summary


@dataclass(frozen=True, kw_only=True)
class PublishedDocument(JsonDocument):
    """``published``: the table, read through our statistics."""

    reading: PublishedReading


def published(as_json: AsJson = False) -> None:
    """Read the published experiment's table through our statistics.

    Every result with its interval, which results differ significantly, and how many rows it would take to
    separate the others.
    """
    document = orjson.loads(files("topicsmith.reference").joinpath("published.json").read_bytes())
    reading = read_published(document)
    if as_json:
        show(PublishedDocument(command="published", reading=reading))
        return
    lines = [reading.source, "", f"{'result':<34}{'rows':>6}  {'accuracy':<22}{'tied with'}"]
    for row in reading.rows:
        i = row.accuracy
        figure = f"{100 * i.value:.1f} % [{100 * i.low:.1f}, {100 * i.high:.1f}]"
        ties = "; ".join(reading.tied_with(row.name)) or "-"
        lines.append(f"{row.name:<34}{row.n:>6,}  {figure:<22}{ties}")
    lines += ["", f"{'not significantly different':<52}{'difference in points':<24}{'rows each would need'}"]
    for pair in reading.pairs:
        if not pair.apart:
            d = pair.difference
            figure = f"{100 * d.value:+.2f} [{100 * d.low:+.1f}, {100 * d.high:+.1f}]"
            needed = "-" if pair.rows_needed is None else f"{pair.rows_needed:,}"
            lines.append(f"{pair.first + ' / ' + pair.second:<52}{figure:<24}{needed}")
    sys.stdout.write("\n".join([*lines, "", *summary(reading)]) + "\n")
