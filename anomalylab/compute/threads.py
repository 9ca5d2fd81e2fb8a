"""How many threads the network and the searches use."""

import torch


def n_threads() -> int:
    """Return the number of threads of one torch operation."""
    return torch.get_num_threads()
