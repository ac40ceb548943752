"""What an edit would mean for labelled rows."""

from pathlib import Path

from tests.labels.carry_over.test_earlier_answers import NEW, OLD, SETTINGS, labelled, now
from topicsmith.labels.carry_over.earlier_answers import keep_taxonomies
from topicsmith.labels.carry_over.effects import edit_effects
from topicsmith.runs import RunFolder


def test_rows_and_calls_are_counted_and_nothing_is_asked(tmp_path: Path) -> None:
    run = labelled(tmp_path / "run")
    keep_taxonomies(run, now(OLD), [])
    effects, _ = edit_effects(run, SETTINGS.model_copy(update={"samples": 1}), "p", NEW, ())
    assert (effects.rows, effects.carried, dict(effects.put_up)) == (3, 2, {"'B' was reworded": 1})
    assert (effects.calls, effects.given_put_up) == (1, 0)
    assert effects.lines == [
        "run run: 2 rows carried over, 1 put up again, 1 call",
        "  1 rows: 'B' was reworded",
    ]


def test_a_run_without_rows(tmp_path: Path) -> None:
    effects, _ = edit_effects(RunFolder(tmp_path), SETTINGS, "p", NEW, ())
    assert effects.lines == [f"run {tmp_path.name}: no row was labelled by a model, none is asked again"]
