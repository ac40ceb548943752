from topicsmith.discovery.records import ProposedRow, rows_of


def test_the_rows_of_one_proposal_from_its_middle_outwards() -> None:
    listed = [ProposedRow(number, f"r{rank}", "text", None, None, rank) for number in (1, 2) for rank in (2, 0, 1)]
    assert [(row.proposal, row.rank) for row in rows_of(listed, 2)] == [(2, 0), (2, 1), (2, 2)]
    assert rows_of(listed, 3) == []
