"""Detectors, one a file: levels of features in, anomaly scores out."""

from anomalylab.detectors._base import Detector, create, register, registry
from anomalylab.detectors._pool import Pool, RefitPool
from anomalylab.detectors._storage import load

__all__ = ["Detector", "Pool", "RefitPool", "create", "load", "register", "registry"]
