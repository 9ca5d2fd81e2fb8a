"""Seeded random numbers of torch that leave its global generator as it was."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_generator = threading.RLock()
"""Torch's generator is one for all threads: who seeds it holds it until it is put back."""


@contextmanager
def torch_seed(seed: int, device: "torch.device | None" = None) -> Iterator[None]:
    """Let torch draw from a seed inside, and go on afterwards as if nothing had been drawn.

    Layers that draw by themselves, such as dropout, take torch's global generator. Threads that
    draw at the same time take turns.

    Parameters
    ----------
    seed : int
    device : torch.device, optional
        A graphics processor whose generator is to be put back, too.
    """
    import torch

    devices = [device] if device is not None and device.type == "cuda" else []
    with _generator, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
