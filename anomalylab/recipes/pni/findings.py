"""What somebody should know who reads a run of PNI."""

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.number_words import plural
from anomalylab.recipes.pni.refining import OWN
from anomalylab.recipes.pni.request import VARIANTS


def findings_of(fits: pd.DataFrame, is_random: bool, network: str, fallback: str) -> list[Finding]:
    """Say what failed, what networks learnt from, and what figures are worth nothing.

    Parameters
    ----------
    fits : DataFrame
        Rows of PNI_FITS.
    is_random : bool
        Whether the weights of the network are random.
    network : str
        In words.
    fallback : str
        What counts where nothing is allowed: the ``nearest`` of all, or the ``farthest``.
    """
    found = []
    if is_random:
        message = f"the network is {network}: what it finds says nothing of the method"
        found.append(Finding("warning", "random_weights", message, "take trained weights"))
    failed = fits[fits["status"] == "failed"]
    if len(failed):
        message = (
            f"{plural(len(failed), 'variant')} could not be judged: {failed['reason'].iloc[0]}"
        )
        found.append(Finding("warning", "failed_trials", message, n=len(failed)))
    if (fits["refined_by"] == OWN).any():
        message = (
            "the networks that refine maps learnt from drawn defects in the training images of the "
            "category that is judged, because there is no other; its test images took no part"
        )
        found.append(Finding("note", "refined_by", message, "give several categories"))
    n_fallbacks = int(fits.loc[fits["variant"].isin(list(VARIANTS)), "n_fallbacks"].sum())
    if n_fallbacks:
        message = f"for {plural(n_fallbacks, 'test cell')} no cell of the memory was allowed"
        found.append(Finding("note", "fallbacks", message, f"the {fallback} of all counts there"))
    return found
