from pathlib import Path

from tests.llm.asking import PlainProvider, quick, rows
from topicsmith.llm.dispatch import Dispatcher
from topicsmith.llm.engine import Outcome
from topicsmith.llm.scripted import ScriptedServer


def run(url: str, path: Path, number: int, stop: bool = False) -> list[list[Outcome] | BaseException | None]:
    given: list[list[Outcome] | BaseException | None] = []
    dispatcher = Dispatcher(iter(rows(number)), PlainProvider(url), path, quick(), given.append)
    if stop:
        dispatcher.stop()
    dispatcher.run()
    return given


def test_the_last_thing_given_is_the_end_and_every_row_comes_before_it(tmp_path: Path) -> None:
    with ScriptedServer(lambda question: "hi") as server:
        *batches, end = run(server.url, tmp_path / "ledger.sqlite", 30)
    assert end is None
    names = [outcome.id for batch in batches if isinstance(batch, list) for outcome in batch]
    assert sorted(names) == sorted(f"q{n}" for n in range(30))


def test_stopped_before_it_begins_it_sends_nothing(tmp_path: Path) -> None:
    with ScriptedServer(lambda question: "hi") as server:
        assert run(server.url, tmp_path / "ledger.sqlite", 30, stop=True) == [None]
        assert server.calls == 0


def test_an_error_is_given_as_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    [end] = run("http://127.0.0.1:9", tmp_path / "file" / "ledger.sqlite", 3)
    assert "cannot be written" in str(end)
