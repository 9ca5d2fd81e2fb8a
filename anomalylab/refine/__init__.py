"""Refinement, one strategy a file: which training images are to leave before a detector is fitted.

A strategy is a function ``(pool, train, *, seed, **params) -> suspicion`` that scores each row of
``train``; higher is more suspicious, and no label is seen. Which images leave follows from that and
from the share to reject, so that all shares come from one scoring. A strategy that ranks anew for
each share has a parameter ``reject``, too.
"""

from anomalylab.refine._agreement import Repeat, agreement, repeats
from anomalylab.refine._estimate import RejectEstimate, reject_estimate
from anomalylab.refine._planted import PlantedRemoved, planted_removed
from anomalylab.refine._ranking import check, depends_on_reject, keep, kept, ranking
from anomalylab.refine._registry import number, one_of, registry, strategy, uses_detector, whole
from anomalylab.refine._rows import perfect, replaced

__all__ = [
    "PlantedRemoved",
    "RejectEstimate",
    "Repeat",
    "agreement",
    "check",
    "depends_on_reject",
    "keep",
    "kept",
    "number",
    "one_of",
    "perfect",
    "planted_removed",
    "ranking",
    "registry",
    "reject_estimate",
    "repeats",
    "replaced",
    "strategy",
    "uses_detector",
    "whole",
]
