"""Which queries no topic fits: a few scores of how familiar a query looks, weighed by what is known to fit nowhere.

Where rows of the catch-all are labelled, the weights are learnt on them. Otherwise by simulated novelty: known topics
are hidden in turn, and their rows are to be told from the others'. Both are held to the plain sum of three scores
(energy, relative Mahalanobis distance, ten nearest neighbours), which is what is left without either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.similarity.linear_head import LobedHead, Vectors
from topicsmith.classifiers.training_targets import IntArray

SCORES = (
    "log of the largest probability",
    "log odds of the two largest probabilities",
    "largest logit",
    "energy",
    "cosine to the nearest centre",
    "cosine to the nearest row",
    "mean cosine to the 5 nearest rows",
    "mean cosine to the 10 nearest rows",
    "Mahalanobis distance, negative",
    "relative Mahalanobis distance, negative",
    "cosine to the nearest row of the catch-all, negative",
    "mean cosine to the 5 nearest rows of the catch-all, negative",
)
_PLAIN = 10
_SUM = (3, 7, 9)
_HELD_TO = 1.5
_BLOCK = 1024
_SHRINK = 0.1
_L2_LABELLED, _L2_SIMULATED = 0.003, 0.01
LEAST_LABELLED = 20
LEAST_TOPICS = 8
_ROUNDS, _HIDDEN_SHARE = 8, 4


@dataclass(frozen=True)
class Familiar:
    """What queries are compared with: a head with a row or more, its rows, and rows of the catch-all.

    ``centres`` (lobes, width) are the means of the lobes' rows; ``within`` and ``overall`` (width, width) turn vectors
    so that distances are Mahalanobis distances within lobes and overall, with ``middle`` the mean of all rows.
    """

    head: LobedHead
    rows: Vectors
    topics: IntArray
    centres: Vectors
    within: Vectors
    overall: Vectors
    middle: Vectors
    outside: Vectors

    @classmethod
    def of(cls, head: LobedHead, rows: Vectors, topics: IntArray, lobes: IntArray, outside: Vectors) -> "Familiar":
        """From the labelled ``rows`` and the lobe of each; a lobe without rows stands where its weights point."""
        directions = head.weights / np.maximum(np.linalg.norm(head.weights, axis=1, keepdims=True), 1e-9)
        centres = np.stack(
            [rows[lobes == lobe].mean(axis=0) if (lobes == lobe).any() else own for lobe, own in enumerate(directions)]
        )
        middle = rows.mean(axis=0)
        within, overall = _root_of_precision(rows - centres[lobes]), _root_of_precision(rows - middle)
        return cls(head, rows, topics, centres, within, overall, middle, outside)

    def hiding(self, topics: Sequence[int]) -> "Familiar":
        """As if ``topics`` were not known."""
        kept = ~np.isin(self.topics, topics)
        shown = ~np.isin(self.head.owners, topics)
        head = LobedHead(self.head.weights[shown], self.head.intercepts[shown], self.head.owners[shown])
        fixed = (self.within, self.overall, self.middle, self.outside)
        return Familiar(head, self.rows[kept], self.topics[kept], self.centres[shown], *fixed)


def _root_of_precision(differences: Vectors) -> Vectors:
    """A matrix that turns vectors into ones whose distances are Mahalanobis distances, the covariance shrunk."""
    covariance = differences.T @ differences / max(1, len(differences))
    width = len(covariance)
    shrunk = (1 - _SHRINK) * covariance + (_SHRINK * np.trace(covariance) / width + 1e-6) * np.eye(width)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(shrunk)), np.float32)


def scores(
    queries: Vectors, familiar: Familiar, *, themselves: bool = False, over_head: FloatArray | None = None
) -> FloatArray:
    """Shape (queries, scores) in the order of :data:`SCORES`; high where a query looks familiar.

    ``themselves`` says that ``queries`` are the catch-all's rows: none counts as its own neighbour there.
    ``over_head``, (queries, topics), is by how much topics that the head does not know beat the best that it knows.
    """
    more = np.zeros((len(queries), 0)) if over_head is None else over_head
    blocks = [slice(at, at + _BLOCK) for at in range(0, max(1, len(queries)), _BLOCK)]
    found = np.concatenate([_block(queries[block], familiar, more[block]) for block in blocks])
    return np.concatenate([found, _outside(queries, familiar.outside, themselves)], axis=1)


def _block(queries: Vectors, familiar: Familiar, over_head: FloatArray) -> FloatArray:
    logits = familiar.head.logits(queries).astype(np.float64)
    owners = familiar.head.owners
    if over_head.shape[1]:
        logits = np.concatenate([logits, logits.max(axis=1, keepdims=True) + over_head], axis=1)
        owners = np.concatenate([owners, owners.max(initial=-1) + 1 + np.arange(over_head.shape[1])])
    largest = logits.max(axis=1)
    energy = np.log(np.exp(logits - largest[:, None]).sum(axis=1)) + largest
    by_topic = _by_topic(np.exp(logits - energy[:, None]), owners)
    best = np.sort(by_topic, axis=1)[:, -2:] if by_topic.shape[1] > 1 else np.repeat(by_topic, 2, axis=1)
    logs = np.log(np.maximum(best, 1e-9))
    near = queries @ familiar.rows.T
    some = min(10, near.shape[1])
    nearest = -np.sort(-np.partition(near, -some, axis=1)[:, -some:], axis=1)
    turned, centres = queries @ familiar.within, familiar.centres @ familiar.within
    distances = (turned**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * turned @ centres.T
    overall = (((queries - familiar.middle) @ familiar.overall) ** 2).sum(axis=1)
    centre = familiar.centres / np.maximum(np.linalg.norm(familiar.centres, axis=1, keepdims=True), 1e-9)
    columns = (
        logs[:, 1],
        logs[:, 1] - logs[:, 0],
        largest,
        energy,
        (queries @ centre.T).max(axis=1),
        nearest[:, 0],
        nearest[:, :5].mean(axis=1),
        nearest.mean(axis=1),
        -distances.min(axis=1) / 100,
        (overall - distances.min(axis=1)) / 100,
    )
    return np.stack(columns, axis=1).astype(np.float64)


def _by_topic(shares: FloatArray, owners: IntArray) -> FloatArray:
    places = np.unique(owners, return_inverse=True)[1]
    found = np.zeros((len(shares), int(places.max()) + 1))
    for lobe, place in enumerate(places):
        found[:, place] += shares[:, lobe]
    return found


def _outside(queries: Vectors, rows: Vectors, themselves: bool) -> FloatArray:
    if len(rows) <= themselves:
        return np.zeros((len(queries), 2))
    near = queries @ rows.T
    if themselves:
        np.fill_diagonal(near, -1.0)
    some = min(5, len(rows) - themselves)
    nearest = -np.sort(-np.partition(near, -some, axis=1)[:, -some:], axis=1)
    return -np.stack([nearest[:, 0], nearest.mean(axis=1)], axis=1).astype(np.float64)


@dataclass(frozen=True)
class Detector:
    """How familiar a query is, from its scores: ``weights`` over scores less ``means``, divided by ``spreads``.

    What lies below ``threshold`` belongs to the catch-all, whose log odds are the distance from it. ``way``
    says what the weights were learnt on; ``kept`` of the held-back rows of topics lie above, and at least ``bound`` of
    all such rows do with 95 % confidence.
    """

    means: FloatArray
    spreads: FloatArray
    weights: FloatArray
    threshold: float
    way: str
    kept: float
    bound: float

    def familiarity(self, found: FloatArray) -> FloatArray:
        """One number a query of :func:`scores`."""
        value: FloatArray = (found - self.means) / self.spreads @ self.weights
        return value

    def log_odds(self, found: FloatArray) -> FloatArray:
        """Log odds of the catch-all; above zero it is the answer."""
        value: FloatArray = self.threshold - self.familiarity(found)
        return value


def fit_detector(
    familiar: Familiar, queries: Vectors, topics: IntArray, unused: Vectors, keeps: float, seed: int
) -> Detector:
    """A detector that keeps the share ``keeps`` of the rows of topics.

    Args:
        familiar: what is known, with the labelled rows of the catch-all.
        queries: held-back rows of topics, on which it is learnt.
        topics: theirs.
        unused: further rows of topics, used for nothing else: the threshold is set on these.
        keeps: of these, the share that stays.
        seed: which topics are hidden in simulation.
    """
    plain = scores(queries, familiar)
    means, spreads = plain.mean(axis=0), np.maximum(plain.std(axis=0), 1e-6)
    prior = np.zeros(len(SCORES))
    prior[list(_SUM)] = _HELD_TO
    if len(familiar.outside) >= LEAST_LABELLED:
        outside = (scores(familiar.outside, familiar, themselves=True) - means) / spreads
        inside = (plain - means) / spreads
        weights = balanced_logistic(inside, outside, prior, _L2_LABELLED)
        way = f"{len(familiar.outside)} rows of the catch-all"
    elif len(set(topics.tolist())) >= LEAST_TOPICS:
        inside, outside = _simulated(familiar, queries, topics, means, spreads, seed)
        weights = balanced_logistic(inside[:, :_PLAIN], outside[:, :_PLAIN], prior[:_PLAIN], _L2_SIMULATED)
        weights = np.concatenate([weights, np.zeros(len(SCORES) - _PLAIN)])
        way = "topics hidden in turn"
    else:
        weights, way = prior, "nothing: the sum of three scores"
    found = Detector(means, spreads, weights, 0.0, way, 1.0, 0.0)
    threshold, kept, bound = threshold_keeping(found.familiarity(scores(unused, familiar)), keeps)
    return replace(found, threshold=threshold, kept=kept, bound=bound)


def _simulated(
    familiar: Familiar, queries: Vectors, topics: IntArray, means: FloatArray, spreads: FloatArray, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Standardised scores of rows whose topic is known, and of rows whose topic was hidden."""
    rng = np.random.default_rng(seed)
    present = np.unique(topics)
    inside, outside = [], []
    for _ in range(_ROUNDS):
        hidden = rng.permutation(present)[: max(1, len(present) // _HIDDEN_SHARE)]
        found = (scores(queries, familiar.hiding(hidden.tolist())) - means) / spreads
        is_hidden = np.isin(topics, hidden)
        inside.append(found[~is_hidden])
        outside.append(found[is_hidden])
    return np.concatenate(inside), np.concatenate(outside)


def balanced_logistic(inside: FloatArray, outside: FloatArray, prior: FloatArray, l2: float) -> FloatArray:
    """Weights that tell ``inside`` from ``outside``, both counting half, held to ``prior``."""
    from scipy.optimize import minimize

    rows = np.concatenate([inside, outside])
    signs = np.concatenate([np.ones(len(inside)), -np.ones(len(outside))])
    share = np.concatenate([np.full(len(inside), 0.5 / len(inside)), np.full(len(outside), 0.5 / len(outside))])
    width = rows.shape[1]

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        margins = signs * (rows @ flat[:width] + flat[width])
        away = flat[:width] - prior
        slope = -share * signs / (1 + np.exp(np.clip(margins, -500, 500)))
        gradient = np.concatenate([rows.T @ slope + 2 * l2 * away, [slope.sum()]])
        return float(share @ np.logaddexp(0, -margins) + l2 * away @ away), gradient

    found = minimize(loss, np.concatenate([prior, [0.0]]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x[:width])


def threshold_keeping(familiarity: FloatArray, keeps: float) -> tuple[float, float, float]:
    """The threshold that keeps the share ``keeps`` of rows with a topic, the share kept, and its lower 95 % bound.

    By split conformal prediction (Vovk et al. 2005), with the bound of Clopper and Pearson.
    """
    from scipy.stats import beta

    ordered = np.sort(familiarity)
    below = int(np.floor((1 - keeps) * (len(ordered) + 1)))
    threshold = float(ordered[below - 1]) if below else float(ordered[0]) - 1.0
    kept = int((ordered >= threshold).sum())
    bound = float(beta.ppf(0.05, kept, len(ordered) - kept + 1)) if kept else 0.0
    return threshold, kept / len(ordered), bound
