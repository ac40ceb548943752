import pytest

from topicsmith.taxonomy import Taxonomy, Topic


@pytest.fixture
def taxonomy() -> Taxonomy:
    """Seven topics like the reference experiment's, two of them with subtopics."""
    return Taxonomy(
        (
            Topic("Technology and programming", "Software and devices", (), (Topic("Web"), Topic("Data"))),
            Topic("Science", "Natural sciences", ("why is the sky blue?",), (Topic("Physics"),)),
            Topic("Arts & entertainment"),
            Topic("Economics and business"),
            Topic("Personal development"),
            Topic("History and culture"),
            Topic("Other"),
        ),
        catch_all="Other",
    )
