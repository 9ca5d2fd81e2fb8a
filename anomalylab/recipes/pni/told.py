"""What a run found, in sentences."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from anomalylab.number_words import fixed, listed, minus
from anomalylab.recipes.pni.published import PUBLISHED_BLEND
from anomalylab.runs.info import VerdictInfo

HEADLINE = "pni"
"""Name of the verdict that speaks for the run."""

NAMES = {
    "patchcore": "PatchCore",
    "pni": "PNI",
    "pni-position": "PNI by place alone",
    "pni-neighbourhood": "PNI by neighbours alone",
    "ensemble": "the ensemble",
}
"""Variant -> its name in sentences."""

MEASURES = {"image_auroc": "images", "pixel_auroc": "pixels", "au_pro": "regions (AU-PRO)"}


WHERE = {"image_auroc": "images", "pixel_auroc": "pixels", "au_pro": "regions"}
"""Metric -> what is judged by it."""

LEAST = 0.002
"""Smaller differences count for nothing, however sure they are."""

LIMIT = f"Differences below {LEAST} count for nothing here, however sure they are."

Found = Mapping[str, tuple[float, float, float]]
"""Metric -> difference, low, high."""


def verdicts(
    values: pd.DataFrame, gains: pd.DataFrame | None = None, *, is_one_memory: bool = True
) -> dict[str, VerdictInfo]:
    """Return the headline, then a verdict for each variant.

    Parameters
    ----------
    values : DataFrame
        Rows of PNI_VALUES.
    gains : DataFrame, optional
        Rows of PNI_GAINS; with them the headline says what position and neighbours add.
    is_one_memory : bool
        Whether PatchCore has the memory of PNI.
    """
    told = {HEADLINE: _headline(values, is_one_memory)}
    found = {} if gains is None else mean_gains(gains, "pni", 0.0)
    if gains is not None and found and told[HEADLINE].kind == "measured":
        first = told[HEADLINE]
        sentence = answer(values, found)
        parts = (_where_judged(values), refined_answer(gains), LIMIT, first.sentence, first.reason)
        reason = " ".join(filter(None, parts))
        told[HEADLINE] = VerdictInfo(kind="measured", sentence=sentence, reason=reason)
    for variant in values["variant"].unique():
        if variant not in told:
            told[str(variant)] = _of_variant(values, str(variant))
    return told


def _headline(values: pd.DataFrame, is_one_memory: bool) -> VerdictInfo:
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
        same = " on the same memory" if is_one_memory else ""
        sentence += f"; PatchCore{same} {_numbers(mean, 'patchcore')}"
    return VerdictInfo(kind="measured", sentence=f"{sentence}.", reason=_refined(values))


def _of_variant(values: pd.DataFrame, variant: str) -> VerdictInfo:
    mean = means(values)
    if variant not in mean.index or mean.loc[variant].isna().all():
        return VerdictInfo(kind="undecidable", sentence="Not measured: no image has a label.")
    name = NAMES.get(variant, variant)
    sentence = f"{name[0].upper()}{name[1:]} reaches {_numbers(mean, variant)}."
    return VerdictInfo(kind="measured", sentence=sentence)


def _where_judged(values: pd.DataFrame) -> str:
    """Say what is judged in some categories alone, as pixels where only one has masks.

    Parameters
    ----------
    values : DataFrame
        Rows of PNI_VALUES.
    """
    own = values[(values["variant"] == "pni") & (values["blend"] == 0) & values["value"].notna()]
    n_all, n_each = values["category"].nunique(), own.groupby("metric")["category"].nunique()
    parts = [
        f"{WHERE[metric]} in {n} of {n_all} categories"
        for metric, n in n_each.items()
        if n < n_all and metric in WHERE
    ]
    return f"Judged are {listed(parts)}: the others lack what it takes." if parts else ""


def matters(difference: float, low: float, high: float) -> bool:
    """Tell whether a difference is both sure and large enough to be of use.

    Examples
    --------
    >>> matters(0.01, 0.004, 0.016), matters(0.01, -0.004, 0.024), matters(0.0001, 0.00005, 0.0002)
    (True, False, False)
    """
    return (low > 0 or high < 0) and abs(difference) >= LEAST


def answer(values: pd.DataFrame, found: Found) -> str:
    """Say whether it helps to allow only what fits place and neighbours, and how sure that is.

    Parameters
    ----------
    values : DataFrame
        Rows of PNI_VALUES.
    found : mapping
        Metric -> difference to PatchCore, low, high.
    """
    n = values["category"].nunique()
    where = str(values["category"].iloc[0]) if n == 1 else f"{n} categories"
    begin = f"On {where}, comparing cells only with those that fit their place and neighbours"
    small = _each(found, lambda d, low, high: max(abs(low), abs(high)) < LEAST)
    small |= _each(found, lambda d, low, high: (low > 0 or high < 0) and abs(d) < LEAST)
    shown = _better_and_worse(found)
    open_ = [WHERE[name] for name in found if name not in small and not matters(*found[name])]
    rest = f"; among {listed(open_)} no difference shows" if open_ else ""
    if shown:
        rest = f"; among {listed(list(small.values()))} none that matters{rest}" if small else rest
        return f"{begin} finds defects {shown} than PatchCore does{rest}."
    if small:
        each = ", ".join(f"{WHERE[name]} {signed(found[name][0])}" for name in small)
        return f"{begin} makes no difference to PatchCore that matters ({each}){rest}."
    return f"{begin} makes no difference to PatchCore that these images can show."


def refined_answer(gains: pd.DataFrame) -> str:
    """Say what refined maps add to the plain ones of PNI, alone and as published; empty if nothing.

    Parameters
    ----------
    gains : DataFrame
        Rows of PNI_GAINS.
    """
    alone, mixed = (mean_gains(gains, "pni", blend) for blend in (1.0, PUBLISHED_BLEND))
    if not alone and not mixed:
        return ""
    share = f"{PUBLISHED_BLEND:.0%}".replace("%", " %")
    of_alone, of_mixed = _better_and_worse(alone), _better_and_worse(mixed)
    if not of_alone and not of_mixed:
        return (
            "Refined maps change nothing that matters and that these images can show, neither "
            f"alone nor mixed in at {share}."
        )
    open_ = [WHERE[name] for name, one in alone.items() if not matters(*one)]
    rest = f", and among {listed(open_)} no difference shows that matters" if open_ else ""
    first = f"find defects {of_alone} than plain ones{rest}"
    first = first if of_alone else "change nothing that matters"
    then = of_mixed or "nothing that matters changes"
    return f"Refined maps alone {first}; mixed in at {share}, as published, {then}."


def _better_and_worse(found: Found) -> str:
    """Return where a way to judge is better and where less well, with numbers."""
    better = _each(found, lambda *one: matters(*one) and one[0] > 0)
    worse = _each(found, lambda *one: matters(*one) and one[0] < 0)
    parts = [f"better among {listed(list(better.values()))}"] if better else []
    parts += [f"less well among {listed(list(worse.values()))}"] if worse else []
    return " and ".join(parts)


def _each(found: Found, is_wanted: Callable[[float, float, float], bool]) -> dict[str, str]:
    """Return what is judged by the metrics that are wanted, with the difference."""
    return {
        name: f"{WHERE[name]} ({signed(one[0])})" for name, one in found.items() if is_wanted(*one)
    }


def signed(value: float) -> str:
    """Write a difference with its sign, small ones with a digit more.

    Examples
    --------
    >>> signed(0.0123), signed(-0.5), signed(0.00012), signed(0.0)
    ('+0.012', '−0.500', '+0.0001', '0.000')
    """
    text = fixed(value, 4 if 0 < abs(value) < LEAST else 3)
    return fixed(0.0, 3) if float(text) == 0 else minus(f"{'+' if value > 0 else ''}{text}")


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
