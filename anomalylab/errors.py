"""What a user can get wrong, as a handful of small classes.

A message says what was given, what is expected and what to do.
"""


class AnomalyLabError(Exception):
    """Base of every error that anomalylab raises on purpose.

    A notebook shows its message alone; ``%debug`` still leads to where it was raised.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of it."""
        return [f"{type(self).__name__}: {self}"]


class ParameterError(AnomalyLabError, ValueError):
    """A parameter or an array has a value that cannot be used."""


class SchemaError(AnomalyLabError, ValueError):
    """A table lacks a column, or holds values that its schema does not allow."""


class UnknownNameError(AnomalyLabError, LookupError):
    """A dataset, detector, level or option of that name does not exist."""


class DatasetError(AnomalyLabError, FileNotFoundError):
    """A folder does not hold the images that its layout promises."""


class ImageError(DatasetError):
    """One image file cannot be used; ``reason`` says why, without naming the file."""

    def __init__(self, path: object, reason: str):
        super().__init__(f"{str(path)!r}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple:
        return type(self), (self.path, self.reason)


class InfeasiblePollution(AnomalyLabError, ValueError):  # noqa: N818
    """A data set has too few defective images for the pollution asked for."""


class WeightsError(AnomalyLabError):
    """The weights of a network are missing, unreachable or not the expected ones."""


class StorageError(AnomalyLabError, OSError):
    """A folder cannot be written, or its disk is full."""


class RunError(AnomalyLabError):
    """A run folder is missing, unfinished or written by a newer version."""


class TrainingError(AnomalyLabError):
    """A training cannot go on, such as when its loss is no number any more.

    ``epoch`` and ``step`` say where, both from 1; None where it is about no step.
    """

    def __init__(self, message: str, epoch: int | None = None, step: int | None = None):
        super().__init__(message)
        self.epoch = epoch
        self.step = step

    def __reduce__(self) -> tuple:
        return type(self), (str(self), self.epoch, self.step)


class TrainingStopped(AnomalyLabError):  # noqa: N818
    """Somebody stopped a training; it keeps where it was and goes on when it is called again."""
