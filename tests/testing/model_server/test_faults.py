import pytest

from topicsmith.testing.model_server import Fault


@pytest.mark.parametrize(
    ("fault", "pays"),
    [(Fault(delay_s=9.0), True), (Fault(cut_at=3), True), (Fault(answer="x"), True), (Fault(status=500), False),
     (Fault(body=b""), False), (Fault(raw=b""), False)],
)  # fmt: skip
def test_an_answer_is_paid_for_unless_something_stands_in_its_place(fault: Fault, pays: bool) -> None:
    assert fault.pays is pays
