"""Somebody who looks on while something is trained, and may stop it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

import pandas as pd


class Listener(Protocol):
    """Looks on from outside, such as a page that draws the loss as it falls."""

    def told(self, history: pd.DataFrame) -> None:
        """Take what is known after an epoch, from the first epoch on.

        Parameters
        ----------
        history : DataFrame
            ``epoch`` (from 1), ``part``, ``measure``, ``value``.
        """

    def wants_to_stop(self) -> bool:
        """Tell whether to stop now; asked before each step."""


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def watching(listener: Listener) -> Iterator[None]:
    """Let somebody look on at whatever is trained inside, in this thread.

    A training that is stopped keeps where it was, raises
    :class:`~anomalylab.errors.TrainingStopped`, and goes on from there when it is called again.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def listener() -> Listener | None:
    """Return who looks on in this thread, if anybody does."""
    return _listener.get()
