"""Settings of a cascade."""

import pytest

from topicsmith.classifiers.cascade.settings import CascadeSettings


def made(**own: object) -> CascadeSettings:
    return CascadeSettings.model_validate({"name": "c", "kind": "cascade", "members": ["a", "b"], **own})


def test_it_is_made_of_its_members() -> None:
    assert made().made_of == ("a", "b")
    assert made(accuracy="last", margin=0.02).accuracy == "last"
    assert made(most_usd_per_1k=0.5, usd_per_1k={"a": 0.0, "b": 3.0}).usd_per_1k == {"a": 0.0, "b": 3.0}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"members": ["a"]}, "at least 2"),
        ({"members": ["a", "a"]}, "'members' names 'a' twice"),
        ({"members": ["a", "c"]}, "'members' names 'c' itself"),
        ({"train_size": 10}, "'train_size' is a setting of the members"),
        ({"accuracy": 0.9, "most_sent": 0.1}, "give 'accuracy' or 'most_sent', not both"),
        ({"accuracy": 95.0}, "accuracy"),
        ({"most_usd_per_1k": 1.0}, "'most_usd_per_1k' needs 'usd_per_1k', a price for each of: a, b"),
        ({"usd_per_1k": {"a": 1.0}}, "needs a price for each of: a, b; see 'b'"),
        ({"usd_per_1k": {"a": 1.0, "b": -1.0}}, "has a price below 0"),
    ],
)
def test_what_contradicts_itself_is_said(own: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(**own)
