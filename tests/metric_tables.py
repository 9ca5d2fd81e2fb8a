"""Tables of a small made-up run of metric learning: no images, no networks, names that bite."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
from PIL import Image

from anomalylab import schema
from anomalylab.pictures.heat import heat_picture, heat_scale
from anomalylab.schema import metric_learning as tables

LOSSES = ("conventional", "l2_constrained", "arcface", "cosface", "sphereface", "center")
HOSTILE = "<script>alert(1)</script> & <b>cells</b>"
CATEGORIES = {"bottle": "with masks", HOSTILE: "without masks", "tiles": "without labels"}
N_TRAIN, N_GOOD, N_BAD = 10, 5, 6
TYPES = ("crack", "<i>dent</i>")
EPOCHS = 8
FAILED = ("bottle", "twins", "center", False, 0)
PUBLISHED = {"bottle": (0.98, 0.983, 0.997, 0.998, 1.0, 0.998)}
RING = [[40, 20], [64, 20], [64, 36], [40, 36], [40, 20]]
SIDE = (96, 64)


def metric_tables(categories=CATEGORIES, losses=LOSSES, *, failed=(FAILED,), as_published=True):
    """Return the tables of a run of the experiment ``twins``; ``failed`` are keys of trials."""
    samples = pd.concat([_samples(name, of) for name, of in categories.items()], ignore_index=True)
    images = {row.sample_id: _image(i, row.label) for i, row in enumerate(samples.itertuples())}
    rows = {name: [] for name in TABLES}
    for key in _keys(categories, losses, as_published):
        _trial(
            key, samples[samples["category"] == key[0]], categories[key[0]], failed, images, rows
        )
    made = {name: _table(table, rows[name]) for name, table in TABLES.items()}
    return SimpleNamespace(
        samples=schema.SAMPLES.completed(samples), thumbnails=_thumbnails(samples, images), **made
    )


TABLES = {
    "trainings": tables.METRIC_TRAININGS,
    "curves": tables.METRIC_CURVES,
    "values": tables.METRIC_VALUES,
    "distances": tables.METRIC_DISTANCES,
    "classes": tables.METRIC_CLASSES,
    "embedding": tables.METRIC_EMBEDDING,
    "heat": tables.METRIC_HEAT,
    "pictures": tables.METRIC_PICTURES,
}


def _keys(categories, losses, as_published):
    for category in categories:
        for loss in losses:
            yield category, "twins", loss, False, 0
            if as_published and loss == "arcface":
                yield category, "twins", loss, True, 0


def _samples(category, of):
    kinds = [("train", 0, "good")] * N_TRAIN + [("test", 0, "good")] * N_GOOD
    kinds += [("test", 1, TYPES[i % 2]) for i in range(N_BAD)]
    rows = [
        {
            "sample_id": f"{category}/{split}/{kind}/{i:03d}.png",
            "category": category,
            "split": split,
            "label": None if of == "without labels" and split == "test" else label,
            "defect_type": None if of == "without labels" and split == "test" else kind,
            "image_path": f"{category}/{i}.png",
            "mask_path": f"{category}/{i}_mask.png" if label and of == "with masks" else None,
            "width": 900,
            "height": 600,
        }
        for i, (split, label, kind) in enumerate(kinds)
    ]
    return pd.DataFrame(rows)


def _image(number, label):
    rng = np.random.default_rng(number)
    pixels = np.full((SIDE[1], SIDE[0], 3), 118 + number % 30, np.float64)
    pixels += rng.normal(scale=4, size=pixels.shape)
    yy, xx = np.mgrid[: SIDE[1], : SIDE[0]]
    pixels[(xx - 48) ** 2 + (yy - 32) ** 2 < 26**2] += 45
    if label == 1:
        pixels[20:36, 40:64] = 50
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _trial(key, samples, of, failed, images, rows):
    rng = np.random.default_rng([LOSSES.index(key[2]), len(key[0]), int(key[3])])
    is_failed = key in failed
    reason = "the loss of step 12 (epoch 3) is not finite" if is_failed else ""
    status = "failed" if is_failed else "done"
    epochs = 2 if is_failed else EPOCHS
    best = 0 if is_failed else 5
    rows["trainings"].append((*key, status, reason, N_TRAIN, 2, epochs, best, "normal, twin", 31.5))
    for epoch in range(1, epochs + 1):
        for part, floor in (("train", 0.05), ("validation", 0.15 + 0.02 * max(0, epoch - 5))):
            loss = floor + (1 + LOSSES.index(key[2])) * np.exp(-epoch / 2)
            rows["curves"].append((*key, epoch, part, "loss", loss))
            rows["curves"].append((*key, epoch, part, "accuracy", 1 - loss / 10))
    if not is_failed:
        _judged(key, samples, of, rng, images, rows)


def _judged(key, samples, of, rng, images, rows):
    strength = 0.9 - 0.1 * LOSSES.index(key[2]) - 0.3 * key[3]
    test = samples[samples["split"] == "test"].reset_index(drop=True)
    train = samples[samples["split"] == "train"].reset_index(drop=True)
    is_bad = np.arange(len(test)) >= N_GOOD
    distance = np.abs(0.1 + strength * is_bad * (0.05 + 0.5 * rng.random(len(test))))
    distance += 0.18 * rng.random(len(test))
    _values(key, test, distance, of, rows)
    for role, part in (("train", train), ("test", test)):
        for i, row in enumerate(part.itertuples()):
            near = distance[i] if role == "test" else 0.05 + 0.03 * rng.random()
            other = train["sample_id"][(i + 1) % len(train)]
            known = None if pd.isna(row.label) else int(row.label)
            rows["distances"].append(
                (*key, row.sample_id, role, known, row.defect_type, near, other)
            )
            place = rng.normal(scale=0.3, size=2) + (10 * near if role == "test" else 0)
            rows["embedding"].append((*key, row.sample_id, role, *place))
    _heat(key, test, of, strength, images, rows)


def _values(key, test, distance, of, rows):
    labels = test["label"].astype("float")
    published = PUBLISHED.get(key[0])
    for metric in ("auroc", "ap", "tpr_at_best", "tnr_at_best"):
        other = published[LOSSES.index(key[2])] if published and metric == "auroc" else None
        if of == "without labels":
            note = "no test image has a known label"
            rows["values"].append((*key, metric, None, None, None, other, note))
            continue
        good, bad = distance[labels == 0], distance[labels == 1]
        value = float((bad[:, None] > good).mean() + 0.5 * (bad[:, None] == good).mean())
        low, high = (value - 0.12, min(1.0, value + 0.09)) if metric == "auroc" else (None, None)
        rows["values"].append((*key, metric, value, low, high, other, ""))
    if of == "without labels":
        return
    usual = distance[labels == 0].mean()
    for kind in ("good", *TYPES):
        own = distance[(test["defect_type"] == kind).to_numpy()]
        auroc = None if kind == "good" else float((own[:, None] > distance[labels == 0]).mean())
        mean = float(own.mean())
        rows["classes"].append((*key, kind, len(own), mean, mean / usual, auroc, False))


def _heat(key, test, of, strength, images, rows):
    rng = np.random.default_rng(len(key[2]))
    shown = test.iloc[N_GOOD - 2 :].reset_index(drop=True)
    for what in ("logit", "distance"):
        heat = 0.2 * rng.random((len(shown), 7, 7))
        heat[2:, 2:4, 3:5] += strength + (what == "logit")
        scale = heat_scale(heat)
        for i, row in enumerate(shown.itertuples()):
            has_mask = of == "with masks" and row.label == 1
            share = (24 * 16) / (96 * 64) if has_mask else None
            mass = min(1.0, 0.1 + 0.6 * strength + 0.05 * rng.random()) if has_mask else None
            peak = float(heat[i].max() / scale)
            rows["heat"].append((*key, row.sample_id, what, mass, share, peak))
            picture = heat_picture(images[row.sample_id], heat[i], scale)
            rows["pictures"].append((*key, row.sample_id, what, picture))


def _thumbnails(samples, images):
    rows = []
    for row in samples.itertuples():
        stream = io.BytesIO()
        Image.fromarray(images[row.sample_id]).save(stream, "WEBP", quality=60)
        contour = json.dumps([RING]) if row.mask_path else None
        rows.append((row.sample_id, stream.getvalue(), *SIDE, contour))
    return _table(schema.THUMBNAILS, rows)


def _table(table, rows):
    return table.check(pd.DataFrame(rows, columns=list(table.columns)))
