"""The terminal bar itself, apart from ``progress`` because rich takes its time to import."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Task as RichTask
from rich.text import Text


class _Count(ProgressColumn):
    """How many, of how many where that is known."""

    def render(self, task: RichTask) -> Text:
        """Draw the column."""
        total = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{total}")


class _Rate(ProgressColumn):
    """Units a second and, once money is spent, the sum so far."""

    def render(self, task: RichTask) -> Text:
        """Draw the column."""
        speed = task.finished_speed or task.speed
        rate = rate_text(speed, str(task.fields["unit"])) if speed else ""
        usd = task.fields["usd"]
        return Text(f"{rate}  ${usd:,.4f}" if usd else rate)


def rate_text(per_second: float, unit: str) -> str:
    """How fast, in a unit that leaves something to read.

    >>> rate_text(1234.5, "rows"), rate_text(2.25, "steps"), rate_text(0.25, "steps")
    ('1,234 rows/s', '2.2 steps/s', '4.0 s a step')
    """
    if per_second >= 1:
        return f"{per_second:,.0f} {unit}/s" if per_second >= 10 else f"{per_second:.1f} {unit}/s"
    return f"{1 / per_second:.1f} s a {unit.removesuffix('s')}"


class BarTask:
    """One bar."""

    def __init__(self, progress: Progress, task_id: TaskID) -> None:
        """Steer the bar ``task_id`` of ``progress``."""
        self._progress = progress
        self._id = task_id
        self._usd = 0.0

    def advance(self, steps: int = 1, usd: float = 0.0) -> None:
        """Move the bar by ``steps``."""
        self._usd += usd
        self._progress.update(self._id, advance=steps, usd=self._usd)


@contextmanager
def bar(title: str, total: int | None, unit: str) -> Iterator[BarTask]:
    """Draw a bar on standard error until the block ends."""
    columns: list[ProgressColumn] = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _Count(),
        _Rate(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield BarTask(progress, progress.add_task(title, total=total, unit=unit, usd=0.0))
