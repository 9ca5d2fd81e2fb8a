"""Which cells of a memory may stand at a place beside its neighbours, and how far the nearest is.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
"""

from dataclasses import dataclass

import numpy as np

from anomalylab.compute.masked_nearest import Found, MaskedNearest

COMBINATIONS = ("prob", "score")
USES = ("both", "position", "neighbourhood", "none")
FALLBACKS = ("nearest", "farthest")
MAPPINGS = ("kind", "rank")


@dataclass(frozen=True)
class Rules:
    """How shares become permissions, and these a distance; see :class:`PNI` for each."""

    tau: float
    combine: str
    use: str
    fallback: str
    penalty: float
    mapping: str
    kind: np.ndarray | None = None
    """The kind of each row of the memory; needed where ``mapping`` is ``rank``."""

    def allowed(self, position: np.ndarray, beside: np.ndarray) -> list[np.ndarray]:
        """Return permissions, bool of shape (n_queries, n_kinds) each.

        Parameters
        ----------
        position : float32 ndarray of shape (n_queries, n_kinds)
            ``p(kind | place)`` of each query.
        beside : float32 ndarray of shape (n_queries, n_kinds)
            ``p(kind | neighbours)``.

        Returns
        -------
        allowed : list of ndarray
            One where probabilities are averaged, ``(p + q) / 2 > tau``, or one alone is used; two
            where distances are.
        """
        if self.use == "none":
            return [np.ones(position.shape, bool)]
        if self.use == "position":
            return [position > self.tau]
        if self.use == "neighbourhood":
            return [beside > self.tau]
        if self.combine == "prob":
            return [(position + beside) / 2 > self.tau]
        return [position > self.tau, beside > self.tau]

    def distances(
        self, memory: MaskedNearest, queries: np.ndarray, allowed: list[np.ndarray]
    ) -> tuple[np.ndarray, list[Found]]:
        """Return the distance of each query to what it may be compared with, and what was found.

        Where several permissions are given, the mean of their distances.
        """
        found = memory.search(queries, allowed)
        each = [np.sqrt(one.squared) + self.penalty * one.is_fallback for one in found]
        if self.fallback == "farthest" and any(one.is_fallback.any() for one in found):
            farthest = farthest_distances(memory.rows, queries)
            each = [
                np.where(one.is_fallback, farthest + self.penalty, distance)
                for one, distance in zip(found, each, strict=True)
            ]
        if self.mapping == "rank" and self.use in ("both", "neighbourhood"):
            kind = np.arange(len(memory.rows)) if self.kind is None else self.kind
            each[-1] = ranked_distances(memory.rows, kind, queries, allowed[-1])
        return np.mean(each, axis=0), found


def farthest_distances(bank: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Return ``max_j |x - b_j|`` in float64: (n_queries,)."""
    return np.array([np.sqrt(squared_to(bank, query).max()) for query in queries])


def ranked_distances(
    bank: np.ndarray, kind: np.ndarray, queries: np.ndarray, allowed: np.ndarray
) -> np.ndarray:
    """Return the ``r``-th smallest distance, ``r`` the first that the published code lets count.

    That code counts from 0 and takes one number for three things: ``r`` counts where, of all kinds
    in order of their distance to the query, the one at place ``kind[r]`` is allowed. This would be
    exact if the memory held the kinds alone. The largest distance counts always.

    Parameters
    ----------
    bank : float32 ndarray of shape (n_bank, n_channels)
        The kinds first.
    kind : int ndarray of shape (n_bank,)
        Of each row.
    queries : float32 ndarray of shape (n_queries, n_channels)
    allowed : bool ndarray of shape (n_queries, at least n_kinds)
        Of each kind; what follows is not read.

    Returns
    -------
    distances : float64 ndarray of shape (n_queries,)
    """
    n_kinds = int(kind.max()) + 1
    found = np.empty(len(queries))
    for number, query in enumerate(queries):
        squared = squared_to(bank, query)
        by_distance = np.argsort(squared[:n_kinds], kind="stable")
        counts = allowed[number, by_distance][kind]
        rank = int(counts.argmax()) if counts.any() else len(bank) - 1
        found[number] = np.partition(squared, rank)[rank]
    return np.sqrt(found)


def squared_to(bank: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Return squared distances of one query to all rows, in float64 by subtraction."""
    return np.asarray(np.square(bank.astype(np.float64) - query).sum(axis=1))
