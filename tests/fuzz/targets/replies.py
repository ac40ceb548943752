"""Replies of models: whatever they say, parsing never raises."""

from tests.fuzz.harness import Target
from topicsmith.llm.parsing.replies import parse_reply
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Billing"), Topic("Other")))
TARGET = Target(lambda path: parse_reply(path.read_bytes().decode("utf-8", "surrogateescape"), TAXONOMY))
