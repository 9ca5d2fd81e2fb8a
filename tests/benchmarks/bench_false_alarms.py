"""Do stated rates of false alarms hold on good images that were not fitted, and is a shift seen?

    python tests/benchmarks/bench_false_alarms.py rates [DRAWS]
    python tests/benchmarks/bench_false_alarms.py shifts [DRAWS]
    python tests/benchmarks/bench_false_alarms.py simulated [DRAWS]
    python tests/benchmarks/bench_false_alarms.py broken [DRAWS]

``rates``: good images of each source in ``ANOMALYLAB_DATA`` are halved at random, so that they are
exchangeable; one half is fitted, the other is new. Printed are the stated rate of each threshold
and the share of new images beyond it, with the interval of the mean over draws, and whether the
stated rate is right: not below that interval.

``shifts``: the same halves, where the new half is as it was taken, brighter, or blurred; and the
train and test images of a source as its makers split them. Printed is the share of draws in which
``score`` would say that the rate does not hold, and by how many standard deviations scores moved.

``simulated``: the same share for scores of known shape, with and without defects among the new.

``broken``: of scores of known shape that moved or spread, the share of draws in which more new good
images lie beyond the threshold by rank for 5 % than happens in one of forty, and the share of these
in which a shift is told.
"""

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from scipy import stats

from anomalylab import datasets, detectors, extractors
from anomalylab.detectors import pool_of
from anomalylab.runs.offered import offered
from anomalylab.runs.shifted import shift_of
from anomalylab.verdicts.shift import shift
from anomalylab.verdicts.unlabelled import verdict

DETECTORS = ("mahalanobis", "padim", "patchcore")
SLOW = "patchcore"
"""Refitted for every draw; a third as many are made."""
MOST = 240
RATE, RARE = 0.05, 0.025
MOST_VARIED = 90
SHAPES = {
    "normal": lambda rng, size: rng.normal(size=size),
    "Gumbel": lambda rng, size: rng.gumbel(size=size) / 1.2825,
    "gamma, shape 4": lambda rng, size: rng.gamma(4, size=size) / 2,
    "Student, 4": lambda rng, size: rng.standard_t(4, size=size) / np.sqrt(2),
}
CASES = {  # share of defects, their mean, then shift and spread of the good ones
    "as known": (0, 0, 0, 1),
    "30 % defects, 6 SD out": (0.3, 6, 0, 1),
    "30 % defects, 3 SD out": (0.3, 3, 0, 1),
    "30 % defects, 2 SD out": (0.3, 2, 0, 1),
    "0.5 SD higher": (0, 0, 0.5, 1),
    "0.5 SD higher, 30 % defects": (0.3, 3, 0.5, 1),
    "1 SD higher": (0, 0, 1, 1),
    "2 SD higher": (0, 0, 2, 1),
    "1.5 times as wide": (0, 0, 0, 1.5),
    "twice as wide": (0, 0, 0, 2),
}
VARIANTS = {
    "as_taken": lambda image: image,
    "brighter": lambda image: image.point(
        [min(255, round(1.15 * v)) for v in range(256)] * len(image.getbands())
    ),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(max(image.size) / 300)),
}


def sources():
    """Yield name, root and SAMPLES of the good images of each source."""
    data = Path(os.environ["ANOMALYLAB_DATA"])
    for name, loader, folder, options in (
        ("bottle", "mvtec_ad", data / "mvtec_ad", {"category": "bottle"}),
        ("boards", "kolektor_sdd2", data / "kolektor_in_ksdd2_layout", {}),
        ("solar cells", "elpv", data / "elpv_mono", {}),
    ):
        samples = datasets.load(loader, folder, **options)
        yield name, folder, samples[(samples["label"] == 0).fillna(False)].reset_index(drop=True)
    tiles = datasets.load("folder", data / "magnetic_tile" / "MT_Free" / "Imgs")
    is_image = tiles["image_path"].str.endswith(".jpg")
    yield (
        "magnetic tiles",
        data / "magnetic_tile" / "MT_Free" / "Imgs",
        tiles[is_image].reset_index(drop=True),
    )


def scorers(samples, root):
    """Yield each detector with a function of known and new rows.

    It returns left-out scores of the known rows, and scores of the new ones.
    """
    features = extractors.extract(samples, root, extractors.create("lite0")).features
    for name in DETECTORS:
        detector = detectors.create(name)
        yield (
            name,
            partial(refit, detector, features)
            if name == SLOW
            else partial(from_pool, pool_of(detector, features)),
        )


def from_pool(pool, known, new):
    """Score by a pool."""
    return pool.score(known, known, leave_out="group")[0], pool.score(known, new)[0]


def refit(detector, features, known, new):
    """Score by fitting on the known rows."""
    detector.fit(features.subset(known))
    return detector.training_scores()[0], detector.image_scores(features.subset(new))


def halves(n_images, n_draws):
    """Yield rows to fit and rows that are new, at random."""
    rng = np.random.default_rng(0)
    for _ in range(n_draws):
        order = rng.permutation(n_images)
        yield order[: n_images // 2], order[n_images // 2 :]


def rates(n_draws):
    """Print stated and seen rates of each threshold, detector and source."""
    print("| images | detector | threshold | stated | seen | 95 % | |")
    print("| --- " * 7 + "|")
    for name, root, samples in sources():
        samples = samples.iloc[:: -(-len(samples) // MOST)].reset_index(drop=True)
        for label, scores_of in scorers(samples, root):
            seen = {}
            for known, new in halves(len(samples), n_draws // (3 if label == SLOW else 1)):
                of_known, of_new = scores_of(known, new)
                for one in offered(of_known, verdict(of_known)):
                    stated = one.expected_false / one.n_images
                    row = seen.setdefault(one.method, [])
                    row.append((stated, np.mean(of_new >= one.value)))
            for method, draws in sorted(seen.items()):
                print_rate(f"{name}, {len(samples)} | {label} | `{method}`", np.array(draws))


def print_rate(head, draws):
    """Print one row: right unless the mean seen rate surely exceeds the mean stated one."""
    stated, seen = draws.mean(axis=0)
    error = 1.96 * np.sqrt(max(draws[:, 1].var(ddof=1), 1e-9) / len(draws))
    low, high = max(seen - error, 0), seen + error
    told = "right" if low <= stated else "WRONG"
    print(f"| {head} | {stated:.2%} | {seen:.2%} | {low:.2%} to {high:.2%} | {told} |", flush=True)


def shifts(n_draws):
    """Print how often a shift is told, of halves as they are and changed, and of given splits."""
    print("| images | detector | new images | SD | told |")
    print("| --- " * 5 + "|")
    for name, root, samples in sources():
        splits(name, root, samples)
        few = samples.iloc[:: -(-len(samples) // MOST_VARIED)].reset_index(drop=True)
        with tempfile.TemporaryDirectory() as folder:
            varied(name, root, few, Path(folder), n_draws)


def splits(name, root, samples):
    """Print whether test images of a source lie beside its training images."""
    rows = [np.flatnonzero(samples["split"] == split) for split in ("train", "test")]
    if not all(map(len, rows)):
        rows = np.array_split(np.arange(len(samples)), 2)
    for label, scores_of in scorers(samples, root):
        of_known, of_new = scores_of(*rows)
        kind = shift_of(of_known, verdict(of_known), of_new).kind
        sd = (np.median(of_new) - np.median(of_known)) / of_known.std()
        words = f"{len(rows[0])} of its first part, {len(rows[1])} of its second"
        print(f"| {name} | {label} | {words} | {sd:.2f} | {kind} |", flush=True)


def varied(name, root, samples, folder, n_draws):
    """Print how often a shift is told where the new half was changed."""
    for variant, change in VARIANTS.items():
        (folder / variant).mkdir()
        for row, path in enumerate(samples["image_path"]):
            change(Image.open(root / path)).save(folder / variant / f"{row:04}.png")
    copies = datasets.load("folder", folder)
    rows = {v: np.flatnonzero(copies["image_path"].str.startswith(v)) for v in VARIANTS}
    for label, scores_of in scorers(copies, folder):
        for variant, of_variant in rows.items():
            told, moved = [], []
            for known, new in halves(len(samples), n_draws // (3 if label == SLOW else 1)):
                of_known, of_new = scores_of(rows["as_taken"][known], of_variant[new])
                told.append(shift_of(of_known, verdict(of_known), of_new).kind != "none")
                moved.append((np.median(of_new) - np.median(of_known)) / of_known.std())
            words = f"{len(samples) // 2} known, {variant.replace('_', ' ')}"
            print(
                f"| {name} | {label} | {words} | {np.mean(moved):.2f} | {np.mean(told):.2f} |",
                flush=True,
            )


def simulated(n_draws):
    """Print how often a shift is told of scores of known shapes."""
    sizes = [(60, 40), (100, 40), (209, 40), (209, 80), (209, 150)]
    print("| shape | new images | " + " | ".join(f"{n}, {m}" for n, m in sizes) + " |")
    print("| --- " * (len(sizes) + 2) + "|")
    for shape, draw in SHAPES.items():
        middle = np.median(draw(np.random.default_rng(0), 100_000))
        for words, case in CASES.items():
            shares = [told_share(draw, middle, n, m, case, n_draws) for n, m in sizes]
            print(
                f"| {shape} | {words} | " + " | ".join(f"{s:.3f}" for s in shares) + " |",
                flush=True,
            )


def broken(n_draws):
    """Print how often a stated rate does not hold, and how often that is told."""
    sizes = [(100, 40), (209, 40), (209, 80)]
    print("| shape | good images | " + " | ".join(f"{n}, {m}" for n, m in sizes) + " |")
    print("| --- " * (len(sizes) + 2) + "|")
    for shape, draw in SHAPES.items():
        middle = np.median(draw(np.random.default_rng(0), 100_000))
        for words, (share, _, moved, spread) in CASES.items():
            if share == 0 and (moved or spread > 1):
                cells = [broken_and_told(draw, middle, *n, moved, spread, n_draws) for n in sizes]
                print(f"| {shape} | {words} | " + " | ".join(cells) + " |", flush=True)


def broken_and_told(draw, middle, n_known, n_new, moved, spread, n_draws):
    """Return the share of draws that break a rate of 5 %, and the share of them that are told."""
    rng, n_beyond = np.random.default_rng(2), int(RATE * (n_known + 1))
    n_broken = n_told = 0
    for _ in range(n_draws):
        known = draw(rng, n_known)
        new = middle + moved + spread * (draw(rng, n_new) - middle)
        seen = np.count_nonzero(new >= np.sort(known)[-n_beyond])
        chance = stats.betabinom.sf(seen - 1, n_new, n_beyond, n_known + 1 - n_beyond)
        if chance <= RARE:
            n_broken += 1
            n_told += shift(known, new).kind != "none"
    return f"{n_broken / n_draws:.2f}, {n_told / max(n_broken, 1):.2f}"


def told_share(draw, middle, n_known, n_good, case, n_draws):
    """Return the share of draws in which new scores are told from known ones."""
    share, out, moved, spread = case
    rng, n_defects = np.random.default_rng(1), round(n_good * share / (1 - share))
    told = 0
    for _ in range(n_draws):
        good = middle + moved + spread * (draw(rng, n_good) - middle)
        defects = middle + out + rng.normal(size=n_defects)
        told += shift(draw(rng, n_known), np.append(good, defects)).kind != "none"
    return told / n_draws


if __name__ == "__main__":
    parts = {"rates": rates, "shifts": shifts, "simulated": simulated, "broken": broken}
    part = parts[sys.argv[1]]
    part(int(sys.argv[2]) if len(sys.argv) > 2 else 40)
