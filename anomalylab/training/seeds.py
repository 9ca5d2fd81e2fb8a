"""Random numbers of a training, told by where it is: one that goes on draws as if never stopped."""

from enum import IntEnum

import numpy as np


class Draw(IntEnum):
    """What is drawn; each has numbers of its own."""

    SPLIT = 0
    ORDER = 1
    STEP = 2
    VALIDATION = 3


def generator(seed: int, draw: Draw, *place: int) -> np.random.Generator:
    """Return the generator of a place, such as an epoch and a step."""
    return np.random.default_rng([seed, draw, *place])


def number(seed: int, draw: Draw, *place: int) -> int:
    """Return a seed for torch, below 2**63."""
    words = np.random.SeedSequence([seed, draw, *place]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))
