"""Tables of a small made-up run of the auto-encoder: no network, names that bite."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from anomalylab.metrics.over_levels import (
    AVERAGES,
    best_level,
    count,
    levels_of,
    rates_over_levels,
    thresholds,
)
from anomalylab.pictures.encode import png, webp
from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.reports.autoencoder.opened import Found, Tables
from anomalylab.schema import autoencoder as schema

HOSTILE = "<script>alert(1)</script> & <b>cut</b>"
TYPES = ("crack", HOSTILE)
SIDE = (24, 32)
N_GOOD, N_OF_TYPE, N_HELD_OUT = 3, 3, 9
LATENTS = (8, 16, 64)
MAIN = ("AE128", 16)
EPOCHS = 10

SCHEMA = {
    "trainings": schema.TRAININGS,
    "course": schema.COURSE,
    "f1_course": schema.F1_COURSE,
    "tau_curve": schema.TAU_CURVE,
    "taus": schema.TAUS,
    "values": schema.VALUES,
    "good_residuals": schema.GOOD_RESIDUALS,
    "maxima": schema.MAXIMA,
    "pictures": schema.PICTURES,
}


def given_back(*, types=TYPES, has_labels=True, has_masks=True, latents=LATENTS):
    """Return what a run holds, and the residuals, levels and masks that it was made from."""
    images = _images(types if has_labels else ())
    steps = thresholds(max(float(one.residual.max()) for one in images))
    for one in images:
        one.levels = levels_of(one.residual, steps)
    rows = {
        **_curves(images, steps, has_labels and has_masks),
        **_trainings(latents, types),
        "pictures": [_picture(one, has_labels, has_masks) for one in images],
        "maxima": [
            (*MAIN, one.id, "test", one.label if has_labels else None, one.type, one.score)
            for one in images
        ],
    }
    if not has_labels:
        rows["maxima"] = [(*row[:4], None, None, row[6]) for row in rows["maxima"]]
    rows["values"] = _values(images, steps, rows["taus"], types, latents, has_labels, has_masks)
    tables = {name: table.check(_frame(table, rows[name])) for name, table in SCHEMA.items()}
    about = AutoencoderInfo(
        category=HOSTILE,
        architecture=MAIN[0],
        latent=MAIN[1],
        latents=list(latents),
        latents_on="AE128",
        size=SIDE,
        highest=float(steps[1] * 255),
        n_train=81,
        n_held_out=N_HELD_OUT,
        n_test=len(images),
        n_planted=N_HELD_OUT,
    )
    return SimpleNamespace(found=Found(Tables(**tables), about), images=images, steps=steps)


def without_rows(made):
    """Return the same with no row in any table, as if nothing had come to its end."""
    empty = {name: _frame(table, []) for name, table in SCHEMA.items()}
    return Found(Tables(**empty), made.found.about)


def _images(types):
    rng, made = np.random.default_rng(0), []
    names = ["good"] * N_GOOD + [name for name in types for _ in range(N_OF_TYPE)]
    for i, name in enumerate(names):
        mask = np.zeros(SIDE, bool)
        if name != "good":
            mask[4 + i : 9 + i, 6:14] = True
        residual = (
            0.1 * rng.random(SIDE) + (0.05 + 0.02 * i) * rng.random(SIDE) * mask * 4
        ).astype(np.float32)
        pixels = np.full((*SIDE, 3), 120 + 4 * i, np.uint8)
        pixels[mask] = 40
        made.append(
            SimpleNamespace(
                id=f"part/test/{name}/{i:03d}.png",
                type=name,
                label=int(name != "good"),
                mask=mask,
                residual=residual,
                pixels=pixels,
                score=float(residual.max()),
            )
        )
    return made


def _picture(one, has_labels, has_masks):
    truth = png(np.where(one.mask, 255, 0).astype(np.uint8))
    is_known = has_labels and (has_masks or not one.label)
    return (
        one.id,
        one.label if has_labels else None,
        one.type if has_labels else None,
        webp(one.pixels, 80),
        webp(one.pixels // 2, 80),
        png(one.levels),
        truth if is_known else None,
    )


def _of(images, name):
    return [one for one in images if name in ("all", one.type)]


def _rates(images, average="pooled"):
    pixels = count([one.mask for one in images], [one.levels for one in images])
    return rates_over_levels(pixels, average)


def _curves(images, steps, has_masks):
    names = ["all", *dict.fromkeys(one.type for one in images if one.label)]
    ends = [*steps, steps[-1] + steps[1]]
    curve, f1_course = [], []
    for name in names if has_masks else ():
        for average in AVERAGES:
            for row in _rates(_of(images, name), average).itertuples(index=False):
                rates = (row.precision, row.recall, row.f1, row.accuracy)
                curve.append((name, average, row.level, ends[row.level], *rates))
        for epoch in (2, 6, 10):
            f1_course.append(
                (epoch, name, 0.1, 0.2 + 0.05 * epoch if name == "all" else 0.9 / epoch)
            )
    taus = [
        ("left_out_good", 120, False, f"the 98% quantile of the highest residuals of {N_HELD_OUT}"),
        ("planted", 100, False, "best F1 on planted defects"),
    ]
    if has_masks:
        best = best_level(_rates(images))
        taus.append(("f1_oracle", best, True, "best F1 on the test images themselves"))
    rows = [(method, ends[level], level, labels, note) for method, level, labels, note in taus]
    return {"tau_curve": curve, "f1_course": f1_course, "taus": rows}


def _trainings(latents, types):
    trainings, course, residuals = [], [], []
    for latent in dict.fromkeys((MAIN[1], *latents)):
        key, fall = ("AE128", latent), 0.1 if latent == 8 else 0.004
        trainings.append(
            (*key, latent == MAIN[1], 81, 9, 5000 * latent, 630, EPOCHS, 9, 0.01, fall, None)
        )
        for epoch in range(1, EPOCHS + 1):
            for part, more in (("train", 0.0), ("validation", 0.01)):
                course.append((*key, epoch, part, "loss", 0.2 / epoch + more))
                course.append((*key, epoch, part, "l2", 0.1 / epoch))
        for role in ("held out", "test"):
            for of, factor in (("pixels", 1.0), ("maxima", 2.0)):
                for quantile in (0.5, 0.9, 0.98, 1.0):
                    value = factor * quantile / latent + (role == "test")
                    residuals.append((*key, role, of, quantile, value))
    return {"trainings": trainings, "course": course, "good_residuals": residuals}


def _values(images, steps, taus, types, latents, has_labels, has_masks):
    rows = []
    why = "no mask says which pixels are defective"
    for latent in dict.fromkeys((MAIN[1], *latents)):
        for name in ["all", *types] if has_labels else ["all"]:
            value = 0.5 + 0.4 * latent / 64 if has_labels else None
            rows.append(("AE128", latent, name, "", "auroc", value, ""))
            for metric in ("pixel_auroc", "au_pro"):
                own = value if has_masks else None
                rows.append(("AE128", latent, name, "", metric, own, "" if has_masks else why))
            for method, _, level, *_ in taus:
                rates = _rates(_of(images, name)).loc[level] if has_labels else {}
                for metric in ("precision", "recall", "f1", "accuracy"):
                    is_known = has_labels and has_masks
                    own = float(rates[metric]) if is_known else None
                    rows.append(
                        ("AE128", latent, name, method, metric, own, "" if is_known else why)
                    )
    return [(*row[:6], *_range(row), row[6]) for row in rows]


def _range(row):
    """Return made-up bounds of a value; none of those that have none in a run either."""
    value = row[5]
    if value is None:
        return None, None
    return max(0.0, value - 0.0625), min(1.0, value + 0.0625)


def _frame(table, rows):
    return pd.DataFrame(rows, columns=list(table.columns))
