"""The page of a discovery."""

from dataclasses import replace
from pathlib import Path

from tests.discovery.made import CHECK, HOSTILE, PROPOSALS, discovery, proposal
from topicsmith.discovery.page import render


def test_everything_of_a_proposal_stands_there() -> None:
    page = render(discovery(replace(PROPOSALS[0], check=CHECK), *PROPOSALS[1:]), Path("runs/a b/proposals.yaml"))
    for text in (
        "5 proposals", "1 new, 1 subtopic, 1 widen, 1 merge, 1 split", "92.0\u202f%", "83.3\u202f%", "money back",
        "Refunds question 11", "0.61", "0.47", "12 rows lie close together.", "money that customers want back",
        "gave the name to 95.0 % [76.4, 99.1] of 20 rows of it", "what is sung", "Named by gpt-4o-mini", "a note",
        "topicsmith accept &#39;runs/a b/proposals.yaml&#39; --write",
    ):  # fmt: skip
        plain = page.replace("<bdi>", "").replace("</bdi>", "")
        assert text in plain, text
    assert page == render(
        discovery(replace(PROPOSALS[0], check=CHECK), *PROPOSALS[1:]), Path("runs/a b/proposals.yaml")
    )


def test_no_text_gets_out_of_its_place() -> None:
    odd = proposal(
        1, name=HOSTILE, description=HOSTILE, terms=(HOSTILE,), examples=(HOSTILE,), evidence=HOSTILE, nearest=HOSTILE,
        topics=(HOSTILE,), named_by=HOSTILE, check=replace(CHECK, annotator=HOSTILE),
    )  # fmt: skip
    found = replace(discovery(odd), source=HOSTILE, encoder=HOSTILE, taxonomy=HOSTILE, notes=(HOSTILE,))
    page = render(found, Path(HOSTILE))
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("</style>") == 1


def test_nothing_may_load_or_run() -> None:
    page = render(discovery(), Path("p.yaml"))
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in page
    assert "http" not in page.replace("http-equiv", "")
