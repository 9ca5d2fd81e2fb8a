"""One loop for everything that is trained.

Names here load no torch; :mod:`anomalylab.training.loop` and
:mod:`anomalylab.training.frozen` do.
"""

from anomalylab.training.device import chosen_device
from anomalylab.training.plan import TrainingPlan
from anomalylab.training.splits import split
from anomalylab.training.watching import Listener, watching

__all__ = ["Listener", "TrainingPlan", "chosen_device", "split", "watching"]
