"""The settings of ``kind: similarity``."""

from pydantic import Field

from topicsmith.classifiers.encoder.tokenization import LongTexts
from topicsmith.project import CandidateSettings


class SimilaritySettings(CandidateSettings):
    """The encoder, and what is promised.

    ``keeps`` is the share of rows with a topic that are not given to the catch-all; ``old_loss`` the share of rows of
    trained topics that topics added later may take, ``None`` for no limit; ``unlabelled`` lets rows without a label
    help where topics have few examples; ``follow`` lets loaded
    classifiers take over edits of the project's taxonomy file as they are saved.
    """

    model: str = "minilm"
    long_texts: LongTexts = "head"
    c: float = Field(default=10.0, gt=0)
    keeps: float = Field(default=0.95, gt=0.5, lt=1)
    old_loss: float | None = Field(default=0.01, gt=0, lt=0.5)
    unlabelled: bool = True
    follow: bool = True
