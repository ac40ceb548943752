"""Fixtures for the whole path: a small project that trains in seconds; the option that makes a skip a failure."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", deadline=None)  # how fast a machine is, is no property
hypothesis.settings.load_profile("untimed")

Report = TypeVar("Report", pytest.CollectReport, pytest.TestReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="Count a skipped test as failed, as CI does.")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _strict(report, collector.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _strict(report, item.config)


def _strict(report: Report, config: pytest.Config) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--fail-on-skip"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = (
            "failed",
            f"{report.nodeid}: {reason}; with --fail-on-skip a skip is a failure",
        )
    return report


SUBJECTS = {
    "Music": ["song", "album", "guitar", "melody", "concert"],
    "Travel": ["flight", "hotel", "visa", "airport", "luggage"],
    "Money": ["bank", "loan", "savings", "interest", "invoice"],
}
FRAMES = [
    "how do I find a {} in {}",
    "tell me about the best {} near {}",
    "which {} would you pick for {}",
    "my {} from {} is not right",
    "compare one {} with another for {}",
]
PLACES = ["Oslo", "Lima", "Kyoto", "Porto", "Quito", "Riga", "Tunis", "Accra", "Perth", "Turin", "Bergen", "Cusco"]


def small_rows() -> list[dict[str, str]]:
    """180 distinct questions with their true topic and what two earlier models said, wrong now and then."""
    rows = []
    names = list(SUBJECTS)
    for index in range(180):
        topic = names[index % 3]
        word = SUBJECTS[topic][index // 3 % 5]
        text = FRAMES[index // 15 % 5].format(word, PLACES[index % 12]) + f" on day {index * 37 % 1009}"
        wrong = names[(index + 1) % 3]
        rows.append(
            {
                "id": f"row-{index}",
                "text": text,
                "topic": topic,
                "first": wrong if index % 11 == 0 else topic,
                "second": wrong if index % 13 == 0 else topic,
            }
        )
    return rows


PROJECT = """\
name: small
traces: {path: rows.jsonl, format: table, text: text, id: id, topic: topic}
taxonomy: {topics: [Music, Travel, Money]}
labeling: {annotators: ['table:first', 'table:second']}
split: {validation: 0.15, test: 0.3}
candidates:
  - {name: floor, kind: majority}
  - {name: tfidf, kind: linear}
"""


def write_small_project(folder: Path) -> Path:
    """Make ``folder`` with a project over :func:`small_rows`."""
    folder.mkdir()
    folder.joinpath("rows.jsonl").write_text("\n".join(json.dumps(row) for row in small_rows()) + "\n")
    folder.joinpath("topicsmith.yaml").write_text(PROJECT)
    return folder


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """The folder of a project over :func:`small_rows`."""
    return write_small_project(tmp_path / "small")
