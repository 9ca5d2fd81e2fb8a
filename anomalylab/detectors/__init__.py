"""Detectors, one a file: levels of features in, anomaly scores out."""

from anomalylab.compute.cost import Cost
from anomalylab.detectors._base import Detector
from anomalylab.detectors._learns import Learns
from anomalylab.detectors._masked import Masked
from anomalylab.detectors._on_body import OnBody
from anomalylab.detectors._pool import Pool, RefitPool, pool_of
from anomalylab.detectors._refined import Refined
from anomalylab.detectors._registry import class_of, create, register, registry
from anomalylab.detectors._storage import load
from anomalylab.detectors._trained import TrainedDetector

__all__ = [
    "Cost",
    "Detector",
    "Learns",
    "Masked",
    "OnBody",
    "Pool",
    "Refined",
    "RefitPool",
    "TrainedDetector",
    "class_of",
    "create",
    "load",
    "pool_of",
    "register",
    "registry",
]
