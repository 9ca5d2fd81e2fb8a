"""Whether a training still told its classes apart when it ended."""

from typing import Any

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.number_words import listed, plural
from anomalylab.recipes.metric_learning.words import loss_name
from anomalylab.schema.metric_learning import KEY

SHOWN = 4
"""Trainings that are named; of more it is said how many there are."""


def fell_apart(trainings: pd.DataFrame, curves: pd.DataFrame) -> list[Finding]:
    """Warn of trainings that ended nearer to guessing than to telling all held-out images right.

    With ``n`` classes guessing tells ``1 / n`` right, and half way from there to all of them is
    ``(1 / n + 1) / 2``. A training whose accuracy on images held out is below that after its last
    epoch fell apart on its way, or taught nothing. The weights of its best epoch are kept, which
    may be the first ones: how well it then ranks defects is the work of what it began with.

    Parameters
    ----------
    trainings : DataFrame
        METRIC_TRAININGS.
    curves : DataFrame
        METRIC_CURVES; trainings that held nothing out are not judged.
    """
    told = curves[(curves["part"] == "validation") & (curves["measure"] == "accuracy")]
    last = told.sort_values("epoch").groupby(list(KEY), as_index=False).last()
    ended = trainings[trainings["status"] == "done"].merge(last, on=list(KEY))
    guess = 1 / ended["n_classes"].clip(lower=1)
    fell = ended[ended["value"] < (guess + 1) / 2]
    if not len(fell):
        return []
    words = [_words(row) for row in fell.head(SHOWN).itertuples()]
    others = [f"{len(fell) - SHOWN} more"] * (len(fell) > SHOWN)
    message = (
        f"{len(fell)} of {plural(len(ended), 'training')} ended near guessing: "
        f"{listed([*words, *others])}; how defects are ranked is then the work of the network that "
        "was begun with more than of the loss"
    )
    advice = "look at the curves; give another --seed, or --options learning_rate=0.0003"
    return [Finding("warning", "fell_apart", message, advice, len(fell))]


def _words(row: Any) -> str:
    wrong = " with the published errors" * bool(row.is_as_published)
    return (
        f"{loss_name(row.loss)}{wrong} on {row.category}, seed {row.seed} ({row.value:.0%} of "
        f"images held out told right, guessing {1 / row.n_classes:.0%}; epoch {row.best_epoch} of "
        f"{row.epochs} kept)"
    )
