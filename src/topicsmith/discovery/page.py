"""The page of a discovery: one HTML file with everything in it, no script, every foreign text escaped."""

import shlex
from collections import Counter
from pathlib import Path

from topicsmith.discovery.proposals_yaml import KIND_TITLES, checked_name, trust
from topicsmith.discovery.records import Discovery
from topicsmith.report.environment import page_environment, policy_of, style_of
from topicsmith.version import __version__

_PACKAGE = "topicsmith.discovery"


def render(discovery: Discovery, proposals: Path) -> str:
    """The page of ``discovery``, whose ``proposals.yaml`` lies there; the same discovery gives the same bytes."""
    style = style_of(_PACKAGE)
    kinds = Counter(proposal.kind for proposal in discovery.proposals)
    return (
        page_environment(_PACKAGE)
        .get_template("discovery.html")
        .render(
            found=discovery,
            kinds=[(kind, kinds[kind]) for kind in KIND_TITLES if kinds[kind]],
            titles=KIND_TITLES,
            trust=trust(discovery),
            checks={proposal.id: checked_name(proposal) for proposal in discovery.proposals},
            file=shlex.quote(str(proposals)),
            style=style,
            policy=policy_of(style),
            version=__version__,
        )
    )
