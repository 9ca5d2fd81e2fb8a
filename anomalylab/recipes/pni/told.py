"""What a run found, in sentences."""

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.number_words import fixed, listed, plural
from anomalylab.recipes.pni.refining import OWN
from anomalylab.recipes.pni.request import VARIANTS
from anomalylab.runs.info import VerdictInfo

HEADLINE = "pni"
"""Name of the verdict that speaks for the run."""

NAMES = {
    "patchcore": "PatchCore",
    "pni": "PNI",
    "pni-position": "PNI by position alone",
    "pni-neighbourhood": "PNI by neighbours alone",
    "ensemble": "the ensemble",
}
"""Variant -> its name in sentences."""

MEASURES = {"image_auroc": "images", "pixel_auroc": "pixels", "au_pro": "regions (AU-PRO)"}


WHERE = {"image_auroc": "images", "pixel_auroc": "pixels", "au_pro": "regions"}
"""Metric -> what is judged by it."""


def verdicts(values: pd.DataFrame, gains: pd.DataFrame | None = None) -> dict[str, VerdictInfo]:
    """Return the headline, then a verdict for each variant.

    Parameters
    ----------
    values : DataFrame
        Rows of PNI_VALUES.
    gains : DataFrame, optional
        Rows of PNI_GAINS; with them the headline says what position and neighbours add.
    """
    told = {HEADLINE: _headline(values)}
    found = {} if gains is None else mean_gains(gains, "pni", 0.0)
    if found and told[HEADLINE].kind == "measured":
        first = told[HEADLINE]
        reason = " ".join(filter(None, (first.sentence, first.reason)))
        told[HEADLINE] = VerdictInfo(kind="measured", sentence=answer(values, found), reason=reason)
    for variant in values["variant"].unique():
        if variant not in told:
            told[str(variant)] = _of_variant(values, str(variant))
    return told


def _headline(values: pd.DataFrame) -> VerdictInfo:
    mean = means(values)
    if "pni" not in mean.index or mean.loc["pni"].isna().all():
        return VerdictInfo(
            kind="undecidable",
            sentence="How well defects are found is not known: no judged image has a label.",
        )
    n = values["category"].nunique()
    where = str(values["category"].iloc[0]) if n == 1 else f"{n} categories"
    sentence = f"On {where}, PNI reaches {_numbers(mean, 'pni')}"
    if "patchcore" in mean.index:
        sentence += f"; PatchCore on the same memory {_numbers(mean, 'patchcore')}"
    return VerdictInfo(kind="measured", sentence=f"{sentence}.", reason=_refined(values))


def _of_variant(values: pd.DataFrame, variant: str) -> VerdictInfo:
    mean = means(values)
    if variant not in mean.index or mean.loc[variant].isna().all():
        return VerdictInfo(kind="undecidable", sentence="Not measured: no image has a label.")
    name = NAMES.get(variant, variant)
    sentence = f"{name[0].upper()}{name[1:]} reaches {_numbers(mean, variant)}."
    return VerdictInfo(kind="measured", sentence=sentence)


def answer(values: pd.DataFrame, found: dict[str, tuple[float, float, float]]) -> str:
    """Say whether it helps to allow only what fits place and neighbours, and how sure that is.

    Parameters
    ----------
    values : DataFrame
        Rows of PNI_VALUES.
    found : dict
        Metric -> difference to PatchCore, low, high.
    """
    better = [WHERE[name] for name, (_, low, _) in found.items() if low > 0]
    worse = [WHERE[name] for name, (_, _, high) in found.items() if high < 0]
    n = values["category"].nunique()
    where = str(values["category"].iloc[0]) if n == 1 else f"{n} categories"
    begin = f"On {where}, comparing cells only with those that fit their place and neighbours"
    open_ = [WHERE[name] for name, (_, low, high) in found.items() if low <= 0 <= high]
    if not better and not worse:
        return f"{begin} makes no difference to PatchCore that these images can show."
    parts = [f"better among {listed(better)}"] if better else []
    parts += [f"less well among {listed(worse)}"] if worse else []
    rest = f"; among {listed(open_)} no difference shows" if open_ else ""
    return f"{begin} finds defects {' and '.join(parts)} than PatchCore does{rest}."


def mean_gains(
    gains: pd.DataFrame, variant: str, blend: float
) -> dict[str, tuple[float, float, float]]:
    """Return the mean over categories of what a way to judge adds, with its 95 % interval.

    Categories have images of their own, so variances of their differences add up.

    Parameters
    ----------
    gains : DataFrame
        Rows of PNI_GAINS.
    variant : str
    blend : float

    Returns
    -------
    found : dict
        Metric -> difference, low, high; without metrics that have no interval anywhere.
    """
    own = gains[(gains["variant"] == variant) & (gains["blend"] == blend)]
    own = own.dropna(subset=["difference", "low", "high"])
    found = {}
    for metric, rows in own.groupby("metric", sort=False):
        difference, low, high = (
            rows[name].to_numpy(float) for name in ("difference", "low", "high")
        )
        mean, n = difference.mean(), len(rows)
        below, above = (np.sqrt(np.square(difference - end).sum()) / n for end in (low, high))
        found[str(metric)] = (float(mean), float(mean - below), float(mean + above))
    return found


def means(values: pd.DataFrame, blend: float = 0.0) -> pd.DataFrame:
    """Return the mean over categories, a row a variant and a column a metric, at own resolution."""
    own = values[(values["blend"] == blend) & (values["resolution"] == "image")]
    return own.pivot_table(
        index="variant", columns="metric", values="value", aggfunc="mean", dropna=False
    )


def _numbers(mean: pd.DataFrame, variant: str) -> str:
    values = dict(zip(mean.columns, mean.loc[variant].to_numpy(float), strict=True))
    parts = [
        f"{fixed(values[metric], 3)} on {words}"
        for metric, words in MEASURES.items()
        if not np.isnan(values.get(metric, np.nan))
    ]
    return ", ".join(parts)


def _refined(values: pd.DataFrame) -> str:
    """Say what the refinement changes, at the published share and alone."""
    blends = sorted(set(values["blend"]) - {0.0})
    parts = []
    for blend in blends:
        mean = means(values, blend)
        if "pni" in mean.index and mean.loc["pni"].notna().any():
            words = "By refined maps alone" if blend == 1 else f"With {blend:.0%} of refined maps"
            parts.append(f"{words.replace('%', ' %')}: {_numbers(mean, 'pni')}.")
    return " ".join(parts)


def findings(fits: pd.DataFrame, is_random: bool, network: str) -> list[Finding]:
    """Say what failed, what networks learnt from, and what figures are worth nothing.

    Parameters
    ----------
    fits : DataFrame
        Rows of PNI_FITS.
    is_random : bool
        Whether the weights of the network are random.
    network : str
        In words.
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
        found.append(Finding("note", "fallbacks", message, "the nearest of all counts there"))
    return found
