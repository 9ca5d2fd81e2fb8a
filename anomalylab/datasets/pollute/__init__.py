"""Pollution of a training set by known defects: which rows of a samples table go where."""

from anomalylab.datasets.pollute._given import pollution_from_table
from anomalylab.datasets.pollute._protocol import PROTOCOLS, Pollution, pollute
from anomalylab.datasets.pollute._shares import n_of_share

__all__ = ["PROTOCOLS", "Pollution", "n_of_share", "pollute", "pollution_from_table"]
