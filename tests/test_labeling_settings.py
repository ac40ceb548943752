import pytest
from pydantic import ValidationError

from topicsmith.labeling_settings import LabelingSettings


def test_naming_an_adjudicator_is_choosing_adjudicated_labels() -> None:
    found = LabelingSettings.model_validate({"annotators": ["a:b"], "adjudicator": "local:trained"})
    assert found.labels == "adjudicated"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"annotators": ["a:b", "a:b"]}, "duplicate annotator 'a:b'"),
        ({"annotators": ["a:b", {"model": "a:b"}]}, "duplicate annotator 'a:b': .*such as 'name: a:b-2'"),
        ({"annotators": ["local:b", "local:b"]}, "duplicate annotator 'local:b': remove one [^o]"),
        ({"annotators": ["a:x", {"model": "a:b", "name": "a:x"}]}, "duplicate annotator 'a:x'"),
        ({"annotators": ["a:b"], "services": {"c:d": {"model": "a:b"}}}, "'name: c:d' has another provider"),
        ({"annotators": ["ab"]}, "not of the form provider:model"),
        ({"annotators": ["a:b"], "adjudicator": "a:b"}, "is one of the annotators"),
        ({"annotators": ["a:b"], "labels": "adjudicated"}, "needs an 'adjudicator'"),
        ({"annotators": ["a:b"], "labels": "agreed", "adjudicator": "c:d"}, "asks no adjudicator"),
        ({"annotators": [{"modell": "a:b"}]}, "string"),
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        LabelingSettings.model_validate(said)
