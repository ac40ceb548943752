import pytest
from pydantic import ValidationError

from topicsmith.classifiers.encoder.kind import KIND
from topicsmith.classifiers.encoder.settings import EncoderSettings


def test_one_line_in_the_project_file_is_enough() -> None:
    settings = EncoderSettings.model_validate({"name": "d", "kind": "encoder"})
    assert settings.model == "distilbert/distilbert-base-uncased"
    assert KIND.Settings is EncoderSettings


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"long_texts": "tail"}, {"label_smoothing": 1.0}, {"seeds": 21}, {"max_tokens": 4}, {"lr": 1e-3}],
)
def test_wrong_values_and_unknown_keys_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EncoderSettings.model_validate({"name": "d", "kind": "encoder", **wrong})
