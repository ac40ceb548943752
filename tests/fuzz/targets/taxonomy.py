"""The taxonomy file."""

from tests.fuzz.harness import Target
from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy_file import read_taxonomy

TARGET = Target(read_taxonomy, (TaxonomyError,), ".yaml")
