"""How many numbers an image must be squeezed through: what each latent leaves and finds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.number_words import fixed, grouped, listed, millions, percent
from anomalylab.recipes.autoencoder.judged import ALL
from anomalylab.recipes.autoencoder.told import FLAT
from anomalylab.reports.autoencoder.opened import Found, Training
from anomalylab.reports.autoencoder.values import interval_of
from anomalylab.reports.autoencoder.words import short
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.small_charts import DotRow, dot_rows

OF_VALUES = {"auroc": "AUROC of images", "au_pro": "AU-PRO"}

ASTRAY = 1.5
"""Times as high as with a smaller latent, from which a loss is no matter of the latent."""

ROLES = ("held out", "test")


def latents(found: Found) -> Fragment:
    """Show what latents leave of good images, what they find, and whether losses flattened.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
        Nothing to show if only one latent was trained.
    """
    compared = compared_trainings(found)
    html = render(
        "autoencoder/latents",
        charts=list(_charts(found, compared)),
        rows=[_row(found, one) for one in compared],
        verdict=flattened(found, compared),
        astray=went_astray(found, compared),
        quantiles=[f"{q:.0%}" for q in _quantiles(found)],
        names=list(OF_VALUES.values()),
        is_equal=_has_equal_steps(found, compared),
        latent=found.about.latent,
        left_of=_left_of(found),
    )
    return Fragment(html, TABLE_SCRIPTS, ("autoencoder/page.css",))


def compared_trainings(found: Found) -> list[Training]:
    """Return the trainings that differ in their latent alone, by latent; none if there is one."""
    about = found.about
    own = [
        one
        for one in found.trainings
        if one.architecture == about.latents_on and one.latent in about.latents
    ]
    return sorted(own, key=lambda one: one.latent) if len(own) > 1 else []


def flattened(found: Found, compared: list[Training]) -> str:
    """Say which losses had flattened when training ended."""
    falls = {one.latent: _training(found, one)["fall"] for one in compared}
    known = {latent: fall for latent, fall in falls.items() if fall is not None}
    if len(known) < len(falls):
        return "Training was too short to say whether losses had flattened."
    falling = [str(latent) for latent, fall in known.items() if fall >= FLAT]
    if falling:
        return (
            f"The loss was still falling with {listed(falling)} numbers: over the last fifth of "
            f"training by more than {percent(FLAT)}. What these latents would find after longer "
            "training is not known."
        )
    return (
        f"All losses had flattened: none fell by more than {percent(FLAT)} over the last fifth of "
        "training."
    )


def went_astray(found: Found, compared: list[Training]) -> str:
    """Say which trainings ended much worse than one with a smaller latent; empty if none did.

    What a few numbers can hold, more can hold too: such an end is one of the training, and tells
    nothing of the latent.

    Parameters
    ----------
    found : Found
    compared : list of Training
        By latent, the smallest first.
    """
    losses = [float(_training(found, one)["last_loss"]) for one in compared]
    astray = [
        str(one.latent)
        for i, one in enumerate(compared)
        if i and losses[i] > ASTRAY * min(losses[:i])
    ]
    if not astray:
        return ""
    return (
        f"With {listed(astray)} numbers the loss ended more than {ASTRAY:g} times as high as with "
        "fewer. More numbers can hold all that fewer can, so that this is no matter of the latent: "
        "training went astray there, as it may by chance, and these rows say nothing of the "
        "latent. Another --seed, or longer training, may mend it."
    )


def _training(found: Found, training: Training) -> dict[str, Any]:
    return rows_of(found.of(found.tables.trainings, training))[0]


def _has_equal_steps(found: Found, compared: list[Training]) -> bool:
    return len({_training(found, one)["steps"] for one in compared}) == 1


def _quantiles(found: Found) -> list[float]:
    return sorted(found.tables.good_residuals["quantile"].unique())


def _left(found: Found, training: Training, of: str) -> pd.DataFrame:
    """Return what is left of good images: of those held out, where there are any."""
    own = found.of(found.tables.good_residuals, training)
    own = own[own["of"] == of]
    roles = [role for role in ROLES if (own["role"] == role).any()]
    return own[own["role"] == roles[0]].sort_values("quantile") if roles else own


def _left_of(found: Found) -> str:
    """Say which images residuals are shown of, see :func:`_left`."""
    is_held_out = (found.tables.good_residuals["role"] == ROLES[0]).any()
    return f"{found.about.known_as} images held out" if is_held_out else "good test images"


def _row(found: Found, training: Training) -> dict[str, Any]:
    row = _training(found, training)
    fall = row["fall"]
    return {
        "latent": training.latent,
        "n_parameters": millions(int(row["n_parameters"])),
        "steps": grouped(int(row["steps"])),
        "left": [short(value) for value in _left(found, training, "pixels")["value"]],
        "values": [_value(found, training, metric) for metric in OF_VALUES],
        "fall": "–" if fall is None else fall_words(fall),
    }


def fall_words(fall: float) -> str:
    """Say how a loss went over the last fifth of training.

    Examples
    --------
    >>> fall_words(0.125), fall_words(-0.02), fall_words(0.0)
    ('fell by 13\u202f%', 'rose by 2\u202f%', 'stayed')
    """
    if fall == 0:
        return "stayed"
    return f"{'fell' if fall > 0 else 'rose'} by {percent(min(1.0, abs(fall)))}"


def _value(found: Found, training: Training, metric: str) -> dict[str, str]:
    row = found.value(training, ALL, "", metric)
    value = row.get("value")
    if value is None:
        return {"value": "–", "interval": ""}
    return {"value": fixed(value, 3), "interval": interval_of(row, is_share=False)}


def _charts(found: Found, compared: list[Training]) -> Iterator[dict[str, Any]]:
    """Yield a drawing for each measure: one row a latent."""
    for metric, title in OF_VALUES.items():
        rows = [(one, found.value(one, ALL, "", metric)) for one in compared]
        dots = [
            DotRow(str(one.latent), "var(--series-1)", row["value"], row["low"], row["high"])
            for one, row in rows
            if row.get("value") is not None
        ]
        if dots:
            start = 0.5 if metric == "auroc" else 0.0
            mark = 0.5 if metric == "auroc" else None
            yield _chart(title, dots, start=start, end=1.0, mark=mark)
    dots = []
    for one in compared:
        left = _left(found, one, "pixels")["value"].to_numpy(float)
        if len(left) > 1:
            middle = float(left[0])
            dots.append(DotRow(str(one.latent), "var(--series-3)", middle, middle, float(left[-2])))
    if dots:
        end = float(np.max([dot.high for dot in dots]))
        title = (
            f"What is left of {_left_of(found)}: median to {_quantiles(found)[-2]:.0%} of pixels"
        )
        yield _chart(title, dots, start=0.0, end=end, mark=None)


def _chart(
    title: str, dots: list[DotRow], *, start: float, end: float, mark: float | None
) -> dict[str, Any]:
    told = "; ".join(f"{dot.name} numbers: {dot.value:.3g}" for dot in dots)
    drawing = dot_rows(dots, start=start, end=end, mark=mark, alt=f"{title}, by latent. {told}")
    return {"title": title, "drawing": drawing}
