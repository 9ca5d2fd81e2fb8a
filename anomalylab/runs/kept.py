"""What was made of images, kept by what they show."""

import hashlib
from collections.abc import Callable

import pandas as pd

from anomalylab.storage.blocks import Arrays, BlockStore


def kept(
    store: BlockStore,
    samples: pd.DataFrame,
    how: str,
    make: Callable[[], Arrays],
    is_whole: Callable[[Arrays], bool],
) -> Arrays:
    """Return what a store keeps of the samples, or make it and keep it there.

    Parameters
    ----------
    store : BlockStore
    samples : DataFrame
        Rows of SAMPLES; nothing is kept of images whose content hash is not known.
    how : str
        What else than the images decides what is made of them.
    make : callable
    is_whole : callable
        Whether what was made may be kept.
    """
    if samples["content_hash"].isna().any():
        return make()
    text = "\n".join([how, *samples["content_hash"]])
    name = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    found = store.read(name)
    if found is not None:
        return found
    made = make()
    if is_whole(made):
        store.write(name, made)
    return made
