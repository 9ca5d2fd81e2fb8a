"""Which images of a category pollute and which are judged, and what is to be said of that."""

import warnings

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.datasets.pollute import Pollution, pollute, pollution_from_table
from anomalylab.studies.spec import PollutionSource


def pollution_of(source: PollutionSource, samples: pd.DataFrame) -> Pollution:
    """Return which images of one category pollute, and which are judged.

    Raises
    ------
    InfeasiblePollution, ParameterError, DatasetError
        As :func:`anomalylab.datasets.pollute.pollute` and its like.
    """
    return _told(source, samples)[0]


def findings_of(source: PollutionSource, samples: pd.DataFrame) -> list[Finding]:
    """Return what makes the pollution resemble what is judged, as images of one part in both."""
    category = samples["category"].iloc[0]
    return [
        Finding("warning", "pollution_resembles_judged", f"{category}: {message}")
        for message in _told(source, samples)[1]
    ]


def _told(source: PollutionSource, samples: pd.DataFrame) -> tuple[Pollution, list[str]]:
    """Return the pollution, and what was warned of."""
    if source.table is not None:
        return pollution_from_table(samples, source.table), []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        pollution = pollute(
            samples,
            share=source.share,
            split_seed=source.split_seed,
            protocol=source.protocol,
        )
    return pollution, [str(one.message) for one in told]
