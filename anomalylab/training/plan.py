"""How long, how fast and on what something is trained."""

from dataclasses import dataclass

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("one-cycle", "soft-landing", "cosine", "constant")


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """How something is trained.

    Parameters
    ----------
    epochs : int
        Passes over the training rows.
    batch_size : int
        Rows of a step. A last batch of one row joins the one before it.
    learning_rate : float
        The largest of the schedule.
    optimizer : {"adam", "sgd"}
        ``adam``: Adam with decay apart from the gradient (AdamW); ``sgd``: momentum 0.9.
    weight_decay : float
    schedule : {"one-cycle", "soft-landing", "cosine", "constant"}
        ``one-cycle``: from 1/25 of the rate up in the first quarter of all steps, then down to
        nothing, both along a cosine; ``soft-landing``: the same, but down along the square of a
        cosine, so that the last fifth of the steps changes little; ``cosine``: down alone.
    patience : int or None
        Epochs without a smaller validation loss after which training ends; None: never early.
    validation : float in [0, 1)
        Share of the groups that are held out. The weights of the epoch with the smallest loss on
        them are kept; with 0 those of the last epoch are.
    seed : int
        Of the split, the order of rows and all that is drawn while training.
    device : str
        ``auto``: a graphics processor if there is one; or ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    mixed_precision : bool
        Compute in bfloat16 where the device is made for it; elsewhere it changes nothing.

    Raises
    ------
    ParameterError
        If a value cannot be used.
    UnknownNameError
        If there is no such optimizer or schedule.
    """

    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "one-cycle"
    patience: int | None = None
    validation: float = 0.2
    seed: int = 0
    device: str = "auto"
    mixed_precision: bool = True

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            unknown_name("optimizer", self.optimizer, OPTIMIZERS)
        if self.schedule not in SCHEDULES:
            unknown_name("schedule", self.schedule, SCHEDULES)
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 < self.learning_rate < float("inf"):
            raise ParameterError(f"learning_rate must be above 0, not {self.learning_rate}")
        if not 0 <= self.weight_decay < float("inf"):
            raise ParameterError(f"weight_decay must not be below 0, not {self.weight_decay}")
        if not 0 <= self.validation < 1:
            raise ParameterError(f"validation must lie in [0, 1), not {self.validation}")
        if self.seed < 0:
            raise ParameterError(f"seed must not be below 0, not {self.seed}")
        if self.patience is not None and (self.patience < 1 or not self.validation):
            raise ParameterError(
                f"patience {self.patience} needs at least 1 epoch and a validation share above 0"
            )
