from topicsmith.discovery.names.result import NamingCost, NamingResult
from topicsmith.discovery.records import Proposal

ONE = Proposal(1, "new", "A", "", (), 9, 0.5, None, 0.9, None, None, (), (), "", named_by="x:m")
TWO = Proposal(2, "new", "B", "", (), 9, 0.5, None, 0.9, None, None, (), (), "")


def test_what_was_paid_since() -> None:
    assert NamingCost(5, 500, 50, 0.5, 2).less(NamingCost(2, 200, 20, 0.25, 1)) == NamingCost(3, 300, 30, 0.25, 1)


def test_how_many_are_named() -> None:
    assert NamingResult("x:m", (ONE, TWO), (), (), NamingCost(0, 0, 0, 0.0, 0)).named == 1
