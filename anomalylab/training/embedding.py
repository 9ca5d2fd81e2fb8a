"""Embeddings in which a defect is far from every normal image, learnt from twins or from labels.

Every normal image gets a twin with a defect drawn on it, and a network learns to tell the two
apart by a loss that arranges embeddings by class. An image is then judged by its distance to the
nearest normal image. Where images have labels, these take the place of the twins.

References
----------
.. [1] Sugimoto, K. (2019). Spotting Defects! Deep Metric Learning Solution for MVTec Anomaly
   Detection Dataset. https://github.com/daisukelab/metric_learning/tree/master/MVTecAD
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from anomalylab.errors import ParameterError
from anomalylab.extractors import Body
from anomalylab.registry import unknown_name
from anomalylab.training import TrainingPlan, chosen_device
from anomalylab.training.embedding_net import EmbeddingNet
from anomalylab.training.lessons import Lessons
from anomalylab.training.loop import train
from anomalylab.training.row_loss import RowLoss

USUAL = Lessons()

DISTANCES = ("cosine", "euclidean")


def train_embedding(
    images: np.ndarray,
    labels: np.ndarray | None,
    groups: np.ndarray,
    *,
    body: Body,
    plan: TrainingPlan,
    key: Mapping[str, Any],
    loss: str = "arcface",
    loss_options: Mapping[str, Any] | None = None,
    lessons: Lessons = USUAL,
    as_published: bool = False,
) -> EmbeddingNet:
    """Train a network that tells images from their twins, or the classes of labels apart.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
        Of the size of ``body``.
    labels : int ndarray of shape (n_images,), optional
        From 0 to the number of classes less 1. Images of rarer classes are repeated until classes
        are of one size. Twins are made if not given: 0 is an image, 1 its twin.
    groups : int ndarray of shape (n_images,)
        Images of one number are learnt from, or held out to validate, together; so are an image
        and its twin, and repeated images.
    body : Body
        Its upper part learns, and is changed.
    plan : TrainingPlan
        Where twins are made its batches count pairs.
    key : mapping
        What tells this training from every other, as JSON values: images, labels.
    loss : str
        Of :mod:`anomalylab.training.losses`.
    loss_options : mapping, optional
        Such as ``margin`` and ``scale``.
    lessons : Lessons
    as_published : bool
        Repeat what is wrong in the code that the published table was made with [1]_: what each
        loss says of itself, and validation losses with a margin for class 0 of labels, or for
        twins, whatever the class of the image is.

    Returns
    -------
    net : EmbeddingNet
        With the weights of the smallest validation loss, in evaluation mode, and ``history``.

    Raises
    ------
    ParameterError
        If there are fewer than 2 classes, or a value cannot be used.
    UnknownNameError
        If there is no such loss.
    """
    n_classes = 2 if labels is None else int(np.max(labels, initial=0)) + 1
    net = EmbeddingNet(
        body,
        loss=loss,
        n_classes=n_classes,
        as_published=as_published,
        seed=plan.seed,
        **(loss_options or {}),
    )
    learn(net, images, labels, groups, plan=plan, key=key, lessons=lessons)
    return net


def learn(
    net: EmbeddingNet,
    images: np.ndarray,
    labels: np.ndarray | None,
    groups: np.ndarray,
    *,
    plan: TrainingPlan,
    key: Mapping[str, Any],
    lessons: Lessons = USUAL,
) -> None:
    """Train a network in place and set its ``history``; see :func:`train_embedding`."""
    rows = np.arange(len(images)) if labels is None else balanced(labels, plan.seed)
    loss_of = RowLoss(net, images, labels, rows, lessons, plan.seed)
    key = {**key, "options": net.options, "lessons": asdict(lessons)}
    key["labels"] = None if labels is None else np.asarray(labels).tolist()
    device = chosen_device(plan.device)
    net.to(device), net.body.lower.to(device)
    histories = []
    for number, (n_epochs, modules) in enumerate(stages(net, plan.epochs, lessons)):
        net.eval()  # what does not learn in this stage is not in the mode of learning
        histories.append(
            train(
                modules,
                loss_of,
                groups=np.asarray(groups)[rows],
                plan=replace(plan, epochs=n_epochs),
                key={**key, "stage": number},
            )
        )
    net.history = one_after_another(histories)
    net.eval()


def stages(net: EmbeddingNet, n_epochs: int, lessons: Lessons) -> list[tuple[int, nn.Module]]:
    """Return the epochs of each stage and what learns in it: the head, if wanted, then all."""
    above = nn.ModuleDict({"head": net.head, "dropout": net.dropout, "loss": net.loss})
    first: list[tuple[int, nn.Module]] = [(lessons.head_epochs, above)]
    return (first if lessons.head_epochs else []) + [(n_epochs, net)] * lessons.rounds


def one_after_another(histories: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the training curve of stages that follow each other, epochs counted through."""
    last, parts = 0, []
    for history in histories:
        parts.append(history.assign(epoch=history["epoch"] + last))
        last = int(parts[-1]["epoch"].max())
    return pd.concat(parts, ignore_index=True)


def balanced(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return row numbers in which every class is as frequent as the most frequent one.

    Each image of a class comes as often as the others of it, or once more.

    Parameters
    ----------
    labels : int ndarray of shape (n_images,)
    seed : int
        Of which images come once more.

    Returns
    -------
    rows : int ndarray of shape (n_classes * n_most,)

    Raises
    ------
    ParameterError
        If labels are not 0 to the number of classes less 1, or there are fewer than 2 classes.
    """
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2 or names.tolist() != list(range(len(names))):
        raise ParameterError(
            f"labels must be 0, 1 and so on, of at least 2 classes, not {names.tolist()}; images "
            "of one class can learn from twins"
        )
    rng, most = np.random.default_rng(seed), int(counts.max())
    drawn = [np.resize(rng.permutation(np.flatnonzero(labels == n)), most) for n in names]
    return np.concatenate(drawn)


def nearest_distance(
    queries: np.ndarray, normal: np.ndarray, distance: str = "cosine"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of embeddings to the nearest normal one: ``min_j d(x, e_j)``.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_features)
    normal : ndarray of shape (n_normal, n_features)
    distance : {"cosine", "euclidean"}
        ``1 - x'e / (|x| |e|)``, from 0 to 2, or ``|x - e|``.

    Returns
    -------
    nearest : float64 ndarray of shape (n_queries,)
    row : int ndarray of shape (n_queries,)
        Of ``normal``.

    Raises
    ------
    UnknownNameError
        If there is no such distance.
    """
    if distance not in DISTANCES:
        unknown_name("distance", distance, DISTANCES)
    x, e = queries.astype(np.float64), normal.astype(np.float64)
    if distance == "cosine":
        x, e = _directions(x), _directions(e)
    squared = (x**2).sum(axis=1)[:, None] + (e**2).sum(axis=1) - 2 * x @ e.T
    row = squared.argmin(axis=1)
    found = ((x - e[row]) ** 2).sum(axis=1)
    return (found / 2 if distance == "cosine" else np.sqrt(found)), row


def _directions(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
