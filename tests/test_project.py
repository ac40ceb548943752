"""What each part of a project file accepts."""

import pytest
from pydantic import ValidationError

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.project import BillSettings, CandidateSettings, SplitSettings, SweepMember, TraceSettings
from topicsmith.sections import Section

BILL = {"purpose": "labelling", "name": "b", "model": "m", "day": "2026-01-01", "said_usd": 1.0}


@pytest.mark.parametrize(
    ("section", "given", "says"),
    [
        (TraceSettings, {"path": "x", "text": "a", "messages": "b"}, "give 'text' or 'messages', not both"),
        (TraceSettings, {"path": "x", "format": "table"}, "needs 'text' or 'messages'"),
        (LabelingSettings, {"labels": "adjudicated"}, "needs an 'adjudicator'"),
        (LabelingSettings, {"labels": "weighted", "adjudicator": "local:a"}, "asks no adjudicator"),
        (LabelingSettings, {"annotators": ["local:a"], "adjudicator": "local:a"}, "is one of the annotators"),
        (LabelingSettings, {"annotators": ["local:a", "local:a"]}, "duplicate annotator 'local:a'"),
        (LabelingSettings, {"annotators": ["gpt"]}, "'gpt' is not of the form provider:model"),
        (SplitSettings, {"validation": 0.5, "test": 0.45}, "validation 0.5 and test 0.45 leave too little"),
        (BillSettings, BILL, "give 'rows' with 'tokens_in', or 'tokens'"),
        (BillSettings, {**BILL, "tokens": 5}, "belong to 'purpose: training'"),
        (CandidateSettings, {"name": "../x", "kind": "linear"}, "use letters, digits"),
        (CandidateSettings, {"name": "x", "kind": "linear", "rank": 8}, "Extra inputs are not permitted"),
    ],
)
def test_what_contradicts_itself_is_refused(section: type[Section], given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        section.model_validate(given, strict=False)
    assert says in str(raised.value)


def test_naming_an_adjudicator_chooses_adjudicated_labels() -> None:
    labeling = LabelingSettings.model_validate({"annotators": ["local:keywords"], "adjudicator": "local:trained"})
    assert (labeling.labels, labeling.adjudicator) == ("adjudicated", "local:trained")


def test_a_sweep_is_written_as_its_name_and_read_back_from_it() -> None:
    member = CandidateSettings(name="c-1", kind="k", sweep=SweepMember(name="c", varied={"rank": 8}))
    document = member.model_dump()
    assert document["sweep"] == "c"
    assert CandidateSettings.model_validate(document).sweep == SweepMember(name="c")


def test_a_kind_that_has_no_model_or_prompt_names_none() -> None:
    class Own(CandidateSettings):
        model: str
        prompt: int = 3

    plain = CandidateSettings(name="c", kind="k")
    assert (plain.model_name, plain.prompt_name) == (None, None)
    own = Own(name="c", kind="k", model="m")
    assert (own.model_name, own.prompt_name) == ("m", None)
