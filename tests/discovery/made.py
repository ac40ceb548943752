"""A discovery made by hand."""

from topicsmith.discovery.records import Discovery, NameCheck, Proposal, ProposalPart, ProposedRow
from topicsmith.statistics.intervals import wilson

HOSTILE = "</pre><script>alert(1)</script> & \"'\u202e\u2028\x07 # no: {yes} - 2e-4"


def texts(what: str, number: int) -> tuple[str, ...]:
    return tuple(f"{what} question {n}" for n in range(number))


def proposal(number: int, kind: str = "new", name: str = "Refunds", **given: object) -> Proposal:
    usual: dict[str, object] = {
        "description": "", "topics": (), "rows": 12, "cohesion": 0.61, "stability": 0.9, "unfamiliar": 0.5,
        "nearest": "Music", "nearest_cosine": 0.47, "terms": ("refund", "money back"),
        "examples": texts(name, 12), "evidence": "12 rows lie close together.",
    }  # fmt: skip
    return Proposal(id=number, kind=kind, name=name, **{**usual, **given})  # type: ignore[arg-type]


PARTS = (
    ProposalPart("Songs", 8, ("song",), texts("Songs", 3), "what is sung"),
    ProposalPart("Concerts", 4, ("concert",), texts("Concerts", 2)),
)
PROPOSALS = (
    proposal(1, description="money that customers want back"),
    proposal(2, "subtopic", "Visas", topics=("Travel",), named_by="gpt-4o-mini", stability=None),
    proposal(3, "widen", "Money", topics=("Money",), examples=("where is my cash",), nearest=None),
    proposal(4, "merge", "Leisure", topics=("Music", "Travel"), examples=()),
    proposal(5, "split", "Music", topics=("Music",), parts=PARTS),
)
CHECK = NameCheck("gpt-4o-mini", wilson(19, 20), wilson(1, 20))


def discovery(*proposals: Proposal, taxonomy: str = "0123456789abcdef") -> Discovery:
    measured = wilson(46, 50), wilson(40, 48)
    return Discovery(
        taxonomy,
        "minilm",
        "runs/latest",
        13083,
        2311,
        proposals or PROPOSALS,
        *measured,
        ("a note",),
    )


def rows(*proposals: Proposal, more: int = 18) -> list[ProposedRow]:
    """Rows of each proposal: its examples, and ``more`` behind them, out of order and with cosines below zero too."""
    found = [
        ProposedRow(each.id, f"row-{each.id}-{rank}", text, None if rank % 2 else "Music", 0.1 - rank / 50, rank)
        for each in proposals or PROPOSALS
        for rank, text in enumerate((*each.examples, *(f"{each.name} more {n}" for n in range(more))))
    ]
    return found[::-1]
