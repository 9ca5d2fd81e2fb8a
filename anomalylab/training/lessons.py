"""What images are shown to a network that learns, and which of its parts learns when."""

from dataclasses import dataclass

from anomalylab.errors import ParameterError
from anomalylab.synthesise.twin import TwinOptions

PUBLISHED = TwinOptions()


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """What images are shown, and in which order the parts of a network learn.

    Parameters
    ----------
    twins : TwinOptions
        Defects of the twins, where there are no labels.
    augment : bool
        Whether images are turned, enlarged, tilted and lit a little differently.
    copies : int, optional
        Changed versions of each image, and of its twin, made once, from which every epoch takes
        one. None makes new ones all the time, as published; the frozen part is then run for each.
    mixup : float
        ``a`` of mixup [1]_: images are mixed two at a time with shares that are Beta(a, a)
        distributed, where the loss allows; 0 mixes none. Where a part is frozen its features are
        mixed in place of the images.
    head_epochs : int
        Epochs in which only the layers after the body learn, before those of the plan.
    rounds : int
        How often the epochs of the plan are gone through, each round from the best weights of the
        one before, with its own rise and fall of the learning rate.

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    .. [1] Zhang et al. (2018). mixup: Beyond Empirical Risk Minimization.
       https://arxiv.org/abs/1710.09412
    """

    twins: TwinOptions = PUBLISHED
    augment: bool = True
    copies: int | None = 4
    mixup: float = 0.4
    head_epochs: int = 0
    rounds: int = 1

    def __post_init__(self) -> None:
        if self.copies is not None and self.copies < 1:
            raise ParameterError(f"copies must be at least 1, or None, not {self.copies}")
        if not 0 <= self.mixup < float("inf"):
            raise ParameterError(f"mixup must be at least 0, not {self.mixup}")
        if self.head_epochs < 0 or self.rounds < 1:
            raise ParameterError(
                f"head_epochs must be at least 0 and rounds at least 1, not {self.head_epochs} and "
                f"{self.rounds}"
            )
