"""Things made once for a whole sweep."""

from topicsmith.classifiers.sweep_cache import SweepCache


def test_what_was_made_for_a_key_is_made_once() -> None:
    shared, made = SweepCache(), []

    def make() -> list[int]:
        made.append(1)
        return made

    assert shared.get(("vectors", "a"), make) is shared.get(("vectors", "a"), make)
    assert made == [1]
    assert shared.get(("vectors", "b"), lambda: [2]) == [2]
