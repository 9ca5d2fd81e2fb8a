"""Classifiers of histograms: logistic regression, whose odds can be read, and a random forest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from anomalylab.pc_space.log_odds import LogOdds
from anomalylab.progress import counted

N_FOLDS = 5
MIN_OF_CLASS = 2
"""Training images of each class that classifiers need, so that each can be left out once."""


@dataclass(frozen=True)
class ClassifierScores:
    """Scores of a classifier.

    Parameters
    ----------
    left_out : ndarray of shape (n_training,)
        Of training images, each by a classifier that has not seen it.
    in_sample : ndarray of shape (n_training,)
        Of training images, by the classifier that was fitted on all of them.
    query : ndarray of shape (n_query,)
        Of the images to judge, by that classifier.
    """

    left_out: np.ndarray
    in_sample: np.ndarray
    query: np.ndarray


def odds_classifier(C: float = 1.0) -> Pipeline:
    """Return the published classifier: bins scaled to deviation 1, logistic regression.

    A bin that is empty in all training images has the coefficient 0.
    """
    regression = LogisticRegression(solver="liblinear", max_iter=10_000, C=C)
    return make_pipeline(StandardScaler(), regression)


def forest_classifier(seed: int) -> RandomForestClassifier:
    """Return the random forest that the odds are compared with."""
    return RandomForestClassifier(random_state=seed, n_jobs=1)


def score(model: ClassifierMixin, features: np.ndarray) -> np.ndarray:
    """Return log odds, or the share of trees, that an image is defective: (n_images,)."""
    if hasattr(model, "decision_function"):
        return model.decision_function(features)
    return model.predict_proba(features)[:, 1]  # type: ignore[attr-defined]


def judge(
    model: ClassifierMixin,
    features: np.ndarray,
    labels: np.ndarray,
    folds: np.ndarray,
    query: np.ndarray,
) -> ClassifierScores:
    """Fit a classifier and score training and new images.

    Parameters
    ----------
    model : classifier
        Fitted on all training images when this returns.
    features : ndarray of shape (n_training, n_features)
    labels : int ndarray of shape (n_training,)
        0 normal, 1 anomalous.
    folds : int ndarray of shape (n_training,)
        Images of one number are left out together.
    query : ndarray of shape (n_query, n_features)
    """
    left_out = np.empty(len(labels))
    for fold in counted(np.unique(folds)):
        is_out = folds == fold
        part = clone(model).fit(features[~is_out], labels[~is_out])
        left_out[is_out] = score(part, features[is_out])
    model.fit(features, labels)  # type: ignore[attr-defined]
    scored = score(model, query) if len(query) else np.empty(0)
    return ClassifierScores(left_out, score(model, features), scored)


def deal_folds(samples: pd.DataFrame, seed: int) -> np.ndarray:
    """Return the fold of each training image; -1 for images that are only judged."""
    folds = np.full(len(samples), -1)
    is_training = (samples["split"] != "test").to_numpy()
    folds[is_training] = folds_of(samples.loc[is_training, "label"], seed)
    return folds


def by_fold(rows: np.ndarray, folds: np.ndarray) -> dict[int, np.ndarray]:
    """Return the rows of each fold that there is among some rows."""
    return {int(fold): rows[folds[rows] == fold] for fold in np.unique(folds[rows])}


def folds_of(labels: pd.Series, seed: int) -> np.ndarray:
    """Deal images to folds, those of each label in equal parts.

    Parameters
    ----------
    labels : Series of 0, 1 and missing values
        A missing one, and the only one of its kind, is dealt as the others.
    seed : int

    Returns
    -------
    folds : int ndarray
        Numbers from 0; at most :data:`N_FOLDS` folds, fewer if a label has fewer images.
    """
    truth = labels.fillna(0).to_numpy(int)
    counts = np.bincount(truth, minlength=2)
    if counts.min() < MIN_OF_CLASS:
        truth, counts = np.zeros_like(truth), np.array([len(truth)])
    n_folds = min(N_FOLDS, int(counts.min()))
    folds = np.zeros(len(truth), int)
    if n_folds < 2:
        return folds
    dealer = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    for number, (_, out) in enumerate(dealer.split(truth, truth)):
        folds[out] = number
    return folds


def labelled_rows(samples: pd.DataFrame) -> np.ndarray:
    """Return the rows of training images with labels: what classifiers learn from."""
    is_known = samples["label"].notna().to_numpy()
    return np.flatnonzero((samples["split"] == "train").to_numpy() & is_known)


def why_impossible(samples: pd.DataFrame) -> str:
    """Say what classifiers lack in the labels of training images; empty if nothing."""
    labels = samples["label"].iloc[labelled_rows(samples)]
    n_normal, n_defective = int((labels == 0).sum()), int((labels == 1).sum())
    if min(n_normal, n_defective) >= MIN_OF_CLASS:
        return ""
    return (
        f"the odds need at least {MIN_OF_CLASS} normal and {MIN_OF_CLASS} defective training "
        f"images with labels; there are {n_normal} and {n_defective}"
    )


def kept(model: Pipeline) -> LogOdds:
    """Return the numbers of the fitted classifier of the odds, as a run keeps them."""
    scaler, regression = model[0], model[-1]
    return LogOdds(
        scaler.mean_, scaler.scale_, regression.coef_[0], float(regression.intercept_[0])
    )
