"""The tables of a small made-up study, as a grid would leave them: no images, no detectors."""

import io
import json
from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
from PIL import Image

from anomalylab import metrics
from anomalylab.schema.study import KEY, STUDY_CELLS, STUDY_METRICS, STUDY_SCORES

N_GOOD, N_POOL, N_TEST_GOOD, N_TEST_BAD = 40, 10, 16, 14
LEVELS, REJECTS, SEEDS = (0.0, 0.1, 0.2), (0.0, 0.1, 0.2, 0.4), (0, 1, 2)
DETECTORS = ("knn", "patchcore")
STRATEGIES = (
    ("sroc leave_out=group", "own"),
    ("sroc leave_out=group", "mahalanobis"),
    ("random", ""),
)
CATEGORIES = ("part", "<b>odd & even</b>")
HARM = {"knn": 0.9, "patchcore": 0.35}
"""How far a defect among the training images pulls test defects towards normal."""


def _images(category, is_overlap):
    kinds = [("good", N_GOOD, 0), ("pool", N_POOL, 1), ("test_good", N_TEST_GOOD, 0)]
    kinds += [("test_bad", N_TEST_BAD, 1)]
    rows = [
        (f"{category}/{kind}/{i:02d}.png", kind, label)
        for kind, n, label in kinds
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["sample_id", "kind", "label"])


def _training(images, level, seed):
    rng = np.random.default_rng([seed, 7])
    n = int(level * N_GOOD)
    good = np.flatnonzero(images["kind"] == "good")
    pool = np.flatnonzero(images["kind"] == "pool")
    return np.concatenate([rng.permutation(good)[n:], rng.permutation(pool)[:n]])


def _cell(images, oddness, key, protocol):
    """Scores, decisions and metrics of one training set; scores fall with the defects kept."""
    _, _, detector, pollution, strategy, scorer, reject, seed = key
    train = _training(images, pollution, seed)
    labels = images["label"].to_numpy()
    rng = np.random.default_rng([seed, len(strategy), len(scorer)])
    noise = {"random": 50, "perfect": 0}.get(strategy.split()[0], 0.6)
    suspicion = labels * 3 + rng.normal(size=len(images)) * noise
    n_removed = int(labels[train].sum()) if strategy == "perfect" else int(reject * len(train))
    order = np.argsort(-suspicion[train], kind="stable")
    removed, kept = train[order[:n_removed]], train[order[n_removed:]]
    share = labels[kept].mean()
    rng = np.random.default_rng([seed, 11])
    scores = oddness + labels * (3 - HARM[detector] * 8 * share)
    scores = scores + 0.05 * rng.normal(size=len(images))
    beyond = {1: np.sort(scores[kept])[-1], 5: np.sort(scores[kept])[-max(1, len(kept) // 20)]}
    test = np.flatnonzero(images["kind"].str.startswith("test"))
    if protocol == "append-overlap":
        test = np.concatenate([test, np.flatnonzero(images["kind"] == "pool")])
    found = _measured(labels, scores, beyond, test, removed, train, strategy)
    rows = []
    for role, of_role in (("train", kept), ("removed", removed), ("test", test)):
        for i in of_role:
            rows.append(
                (
                    *key,
                    images["sample_id"][i],
                    role,
                    labels[i],
                    scores[i],
                    scores[i] >= beyond[1],
                    scores[i] >= beyond[5],
                )
            )
    counts = (len(train), int(labels[train].sum()), len(removed), int(labels[removed].sum()))
    return counts, found, rows


def _measured(labels, scores, beyond, test, removed, train, strategy):
    truth, of_test = labels[test], scores[test]
    found = {
        "auroc": metrics.auroc(truth, of_test),
        "ap": metrics.average_precision(truth, of_test),
    }
    for at, threshold in beyond.items():
        found[f"recall_at_{at}"] = float((of_test[truth == 1] >= threshold).mean())
        found[f"false_alarms_at_{at}"] = float((of_test[truth == 0] >= threshold).mean())
    if len(removed) and labels[train].any():
        of = metrics.refinement(labels[train].astype(bool), np.isin(train, removed))
        found |= {f"refinement_{name}": value for name, value in of.items()}
    return found


def _keys(category):
    for detector, level, seed in product(DETECTORS, LEVELS, SEEDS):
        yield (category, "pollution", detector, level, "none", "", 0.0, seed)
    for detector, seed in product(DETECTORS, SEEDS):
        for (strategy, scorer), reject in product(STRATEGIES, REJECTS):
            ranked_by = detector if scorer == "own" else scorer
            yield (category, "refinement", detector, 0.2, strategy, ranked_by, reject, seed)
        yield (category, "refinement", detector, 0.2, "perfect", "", 0.2, seed)


def study_tables(categories=CATEGORIES, *, protocol="replace", failed=()):
    """Return cells, metrics, scores, samples and thumbnails; keys of ``failed`` cells have none."""
    cells, measured, scores, samples = [], [], [], []
    for number, category in enumerate(categories):
        images = _images(category, protocol == "append-overlap")
        oddness = np.random.default_rng(number).normal(size=len(images))
        samples.append(images.assign(category=category))
        for key in _keys(category):
            counts, found, rows = _cell(images, oddness, key, protocol)
            if key in failed:
                cells.append((*key, "failed", "too few <images>", *counts))
                continue
            cells.append((*key, "done", "", *counts))
            measured += [(*key, metric, value) for metric, value in found.items()]
            scores += rows
    samples = pd.concat(samples, ignore_index=True)
    return SimpleNamespace(
        cells=_table(STUDY_CELLS, cells),
        metrics=_table(STUDY_METRICS, measured),
        scores=_table(STUDY_SCORES, scores),
        samples=samples.assign(
            split=np.where(samples["kind"] == "good", "train", "test"),
            defect_type=np.where(samples["label"] == 1, "<i>dent</i>", "good"),
        ),
        thumbnails=_thumbnails(samples),
    )


def _table(table, rows):
    return pd.DataFrame(rows, columns=list(table.columns))


def _thumbnails(samples):
    rows = []
    for i, (sample_id, label) in enumerate(
        zip(samples["sample_id"], samples["label"], strict=True)
    ):
        pixels = np.full((48, 64, 3), 120 + i % 40, np.uint8)
        if label:
            pixels[20:30, 24:40] = 40
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "WEBP", quality=50)
        ring = [[24, 20], [40, 20], [40, 30], [24, 30], [24, 20]]
        rows.append((sample_id, stream.getvalue(), 64, 48, json.dumps([ring]) if label else None))
    columns = ["sample_id", "image", "width", "height", "contour"]
    return pd.DataFrame(rows, columns=columns)


KEYS = list(KEY)
