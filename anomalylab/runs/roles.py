"""Which images a detector is fitted on, and which it judges."""

import numpy as np
import pandas as pd

from anomalylab.errors import DatasetError
from anomalylab.verdicts.thresholds import check_promise

MIN_TRAINING = 2


def training_rows(samples: pd.DataFrame) -> np.ndarray:
    """Return the rows to fit on: training or unlabelled images not known to be anomalous."""
    is_anomalous = (samples["label"] == 1).fillna(False).to_numpy(bool)
    return np.flatnonzero((samples["split"] != "test").to_numpy() & ~is_anomalous)


def query_rows(samples: pd.DataFrame) -> np.ndarray:
    """Return the rows to judge: test and unlabelled images."""
    return np.flatnonzero((samples["split"] != "train").to_numpy())


def spare_rows(samples: pd.DataFrame) -> np.ndarray:
    """Return training images known to be anomalous: not fitted on, good for choosing thresholds."""
    is_anomalous = (samples["label"] == 1).fillna(False).to_numpy(bool)
    return np.flatnonzero((samples["split"] == "train").to_numpy() & is_anomalous)


def is_unlabelled(samples: pd.DataFrame) -> bool:
    """Tell whether roles are unknown, so that each image is judged by all the others."""
    return bool((samples["split"] == "unlabelled").all())


def check_roles(samples: pd.DataFrame, max_false_alarms: float | None = None) -> None:
    """Refuse samples that leave nothing to fit on or to judge, or too few to promise a rate.

    Raises
    ------
    DatasetError
        If nothing is left; the message says what is there and what to do.
    ParameterError
        If so few training images cannot promise that rate of false alarms.
    """
    n_training, n_query = len(training_rows(samples)), len(query_rows(samples))
    n_defective = int(((samples["split"] != "test") & (samples["label"] == 1)).sum())
    if n_training < MIN_TRAINING:
        known = f", {n_defective} others are known to be defective" if n_defective else ""
        raise DatasetError(
            f"{n_training} of {len(samples)} images can be fitted on{known}; "
            f"at least {MIN_TRAINING} are needed, some tens are advisable"
        )
    if n_query == 0:
        raise DatasetError(
            f"all {len(samples)} images are for fitting and none is left to judge; "
            "name a folder of images to judge with --test"
        )
    if max_false_alarms is not None:
        check_promise(n_training, max_false_alarms)


def fingerprint(samples: pd.DataFrame, hashes: list[str]) -> str:
    """Return a short hash of what the images are and what they are used for."""
    import hashlib

    digest = hashlib.sha256()
    for row, content in zip(samples.itertuples(), hashes, strict=True):
        digest.update(f"{row.sample_id}\0{row.split}\0{row.label}\0{content}\n".encode())
    return digest.hexdigest()[:16]
