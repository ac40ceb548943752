"""Weighted labels: how probable each topic is, by what the opinions on all rows say of those who hold them."""

from collections.abc import Sequence

import numpy as np

from topicsmith.labels.dawid_skene import dawid_skene
from topicsmith.labels.out_of_fold import out_of_fold
from topicsmith.statistics.intervals import FloatArray
from topicsmith.statistics.kappa import Ratings


def weigh(texts: Sequence[str], ratings: Ratings, topics: int) -> FloatArray:
    """How probable each topic is, of shape (rows, topics).

    The annotators' answers, and the opinion of a classifier trained out of fold on the rows where all of them agree,
    are weighed against each other by Dawid and Skene's method. The classifier makes that possible for two annotators
    too, and is weighed like anybody: where texts tell little it counts for little.

    Args:
        texts: One text per row.
        ratings: The topic's number or -1, of shape (rows, annotators).
        topics: How many topics there are.
    """
    alike = np.all(ratings == ratings[:, :1], axis=1) & (ratings[:, 0] >= 0)
    opinions = out_of_fold(texts, np.where(alike, ratings[:, 0], -1).tolist(), topics)
    further = np.where(opinions.known, opinions.probabilities.argmax(axis=1), -1)
    return dawid_skene(np.column_stack([ratings, further]), topics).probabilities
