"""Do strategies take natural defects out of a folder? Recall of what leaves first, beside chance.

    python tests/benchmarks/bench_refinement.py [--sources boards,tiles,cells] [--draws N]
        [--images N] [--detectors ...] [--strategies ...] [--aspects kept,square]
        [--repeats] [--planted]
        [--rows FILE.jsonl] [--table FILE.jsonl ...]

Each source is a training set as it came, defects among it, whose labels nothing sees: the boards
(13 of 104 defective), magnetic tiles (kinds of defects thinned to their shares of the public set)
and solar cells. ``--sources grass@0.3`` asks for a built-in texture of 120 images, a sixth of them
with drawn defects of that contrast.

A draw is a random 80 % of it. Every strategy ranks it over every detector; printed is the share of
the ``p`` defects among the first ``p`` and ``2 p`` images that would be removed, mean over draws,
beside the share that chance finds there.

Below, for each source, stands the pair of detector and strategy that is best on the *other*
sources, with its recall on this one less that of ``sroc`` with the same detector, images left out
and not, and with the default detector: mean and 95 % interval over draws, which share most of
their images. ``--repeats`` and ``--planted`` say what could be told of a ranking without labels:
whether it repeats on other draws, and whether it removes defects painted into a quarter of its
images, a fifth of them at a time and twice as many being removed; both are held against whether the
labels put it near chance. ``--rows`` goes on with what it holds; ``--table`` prints rows that were
written before.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from bench_truth import _listed

from anomalylab import datasets, detectors, extractors, refine
from anomalylab.datasets.pollute.planted import plant_defects
from anomalylab.detectors import Pool, pool_of
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.metrics.refinement import first_removed
from anomalylab.runs.inputs import with_images
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shape import create_extractor

DETECTORS: dict[str, tuple[str, dict]] = {
    "patchcore finest": ("patchcore", {}),
    "patchcore all": ("patchcore", {"levels": "all"}),
    "patchcore all k=5": ("patchcore", {"levels": "all", "k": 5}),  # as published
    "padim": ("padim", {}),
    "padim_all_levels": ("padim_all_levels", {}),
    "mahalanobis": ("mahalanobis", {}),
    "knn": ("knn", {}),
    "window_pca": ("window_pca", {}),
}
STRATEGIES: dict[str, tuple[str, dict]] = {
    "sroc": ("sroc", {}),
    "sroc group": ("sroc", {"leave_out": "group"}),
    "cross-validation": ("cross-validation", {}),
    "stoc": ("stoc", {}),
    "consensus": ("stoc", {"rule": "consensus"}),
    "bagged": ("bagged", {}),
    "mad": ("mad", {}),
    "patches": ("patches", {}),
    "third nearest": ("orders", {}),
    "lowest 30 %": ("orders", {"rule": "lowest"}),
    "banks": ("orders", {"rule": "banks", "share": 0.1}),
    "random": ("random", {}),
}
DEFAULT = "patchcore finest"
REAL = ["boards", "tiles", "cells"]
TILES = {"MT_Free": 1, "MT_Blowhole": 2, "MT_Break": 2, "MT_Crack": 4, "MT_Fray": 4}
"""Every so many images are taken, so that kinds have their shares of the public set."""

SHARE = 0.8
PAINTED = 0.25
ROUNDS = 5


def sources() -> dict[str, pd.DataFrame]:
    """Return SAMPLES of each source, the folder of its images in ``attrs``."""
    root = Path(os.environ["ANOMALYLAB_DATA"])
    boards_root = root / "kolektor_in_ksdd2_layout"
    boards = datasets.load("kolektor_sdd2", boards_root)
    boards = boards[boards["split"] == "train"].reset_index(drop=True)
    boards.attrs["root"] = str(boards_root)
    tiles = [
        {"image_path": path, "label": int(kind != "MT_Free")}
        for kind, step in TILES.items()
        for path in sorted((root / "magnetic_tile" / kind / "Imgs").glob("*.jpg"))[::step]
    ]
    return {"boards": boards, "tiles": _listed(tiles, root), "cells": solar_cells(root)}


def texture(source: str) -> pd.DataFrame:
    """Return SAMPLES of the training images of a built-in texture, as ``grass@0.3``."""
    category, _, contrast = source.partition("@")
    numbers = {"n_train": 100, "n_train_defect": 20, "n_test_good": 1, "n_test_defect": 1}
    samples = datasets.load(
        "textures", None, category=category, contrast=float(contrast), **numbers
    )
    root = samples.attrs["root"]
    samples = samples[samples["split"] == "train"].reset_index(drop=True)
    samples.attrs["root"] = root
    return samples


def solar_cells(root: Path) -> pd.DataFrame:
    """Return the cells of one crystal: all of the installed package, or the half in ``root``."""
    try:
        cells = datasets.load("elpv", None, category="mono")
    except (ParameterError, OSError):
        folder = root / "elpv_mono"
        cells = datasets.load("elpv", folder)
        cells.attrs.setdefault("root", str(folder))
    return cells


@dataclass
class Known:
    """A source, embedded: which images are defective, and what was painted into some."""

    is_noise: np.ndarray
    features: Features
    sources: np.ndarray
    """Rows that were painted into; their copies are the last rows of the features."""


def embedded(samples: pd.DataFrame, aspect: str, n_images: int, share_painted: float) -> Known:
    """Embed a source, and painted copies of a share of its images behind it."""
    if n_images < len(samples):
        rows = np.random.default_rng(0).permutation(len(samples))[:n_images]
        attributes = samples.attrs
        samples = samples.iloc[np.sort(rows)].reset_index(drop=True)
        samples.attrs = attributes
    root = Path(samples.attrs["root"])
    extractor = create_extractor(DetectRequest(data=None), samples if aspect == "kept" else None)
    done = extractors.extract(samples, root, extractor)
    known, n_painted = done.samples, round(share_painted * len(done.samples))
    features = with_images(done.features, known, root, intensity="full")
    sources = np.random.default_rng(9).permutation(len(known))[:n_painted]
    if n_painted:
        copies = plant_defects(known, root, rows=sources)
        painted = extractors.extract(copies, Path(copies.attrs["root"]), extractor)
        copied = with_images(
            painted.features, painted.samples, Path(copies.attrs["root"]), intensity="full"
        )
        features = Features.joined([features, copied])
    return Known(known["label"].to_numpy(int) == 1, features, sources)


def drawn(n_images: int, n_draws: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the rows of each draw."""
    for seed in range(n_draws):
        order = np.random.default_rng([seed, 8]).permutation(n_images)
        yield seed, order[: round(SHARE * n_images)]


def ranked(
    pool: Pool, known: Known, label: str, seed: int, train: np.ndarray, *, repeats: bool
) -> dict:
    """Rank one draw by one strategy, and compare what leaves first with the truth."""
    name, params = STRATEGIES[label]
    is_noise = known.is_noise
    share = float(is_noise[train].mean())
    start = time.perf_counter()
    try:
        suspicion = refine.ranking(name, pool, train, seed=seed, **params)
    except ParameterError as error:
        return {"strategy": label, "seed": seed, "refused": str(error)}
    seconds = time.perf_counter() - start
    found = {"strategy": label, "seed": seed, "seconds": seconds, "share": share}
    for times in (1, 2):
        first = first_removed(is_noise[train], suspicion, times=times)
        found |= {f"recall_{times}p": first.recall, f"chance_{times}p": first.chance}
        found[f"near_chance_{times}p"] = bool(first.is_near_chance)
    found["estimated"] = refine.reject_estimate(suspicion).share
    if repeats:
        repeat = refine.repeats(name, pool, train, reject=share, seed=seed, draws=5, **params)
        found |= {"jaccard": repeat.jaccard, "repeats by lot": repeat.is_chance}
    is_source = np.isin(known.sources, train)
    if is_source.any():
        planted = refine.planted_removed(
            name,
            pool,
            train,
            sources=known.sources[is_source],
            planted=len(is_noise) + np.flatnonzero(is_source),
            reject=2 * PAINTED / ROUNDS,
            rounds=ROUNDS,
            seed=seed,
            **params,
        )
        found |= {"planted": planted.recall, "paint by lot": planted.is_near_chance}
    return found


KEY = ("source", "aspect", "detector", "strategy", "seed")


def measured(given: argparse.Namespace, known_keys: set[tuple]) -> Iterator[dict]:
    """Yield a row for each source, aspect, detector, strategy and draw that is not known yet."""
    known = sources() if set(given.sources) & set(REAL) else {}
    for source, aspect in product(given.sources, given.aspects):
        samples = known[source] if source in known else texture(source)
        one = embedded(samples, aspect, given.images, PAINTED * given.planted)
        n_images = len(one.is_noise)
        for label in given.detectors:
            name, params = DETECTORS[label]
            pool = pool_of(detectors.create(name, **params), one.features)
            head = {"source": source, "aspect": aspect, "detector": label, "n": n_images}
            for (seed, train), strategy in product(drawn(n_images, given.draws), given.strategies):
                if (source, aspect, label, strategy, seed) not in known_keys:
                    yield head | ranked(pool, one, strategy, seed, train, repeats=given.repeats)


def print_recalls(rows: pd.DataFrame) -> None:
    """Print recall among the first p and 2 p, by source and aspect, beside chance."""
    for (source, aspect), some in rows.groupby(["source", "aspect"], sort=False):
        chance = some[["chance_1p", "chance_2p"]].mean()
        print(
            f"\n{source}, aspect {aspect}: {some['n'].iloc[0]} images, {some['share'].mean():.2f} "
            f"defective; chance {chance.iloc[0]:.2f} / {chance.iloc[1]:.2f}"
        )
        recalls = some.pivot_table(
            index="detector", columns="strategy", values=["recall_1p", "recall_2p"], sort=False
        )
        once, twice = (recalls[name].map("{:.2f}".format) for name in ("recall_1p", "recall_2p"))
        print((once + " / " + twice).replace("nan / nan", "-").to_string())


def print_chosen(rows: pd.DataFrame) -> None:
    """Print, for each source, what is best on the others, and what it gains here."""
    rows = rows.assign(pair=rows["detector"] + ", " + rows["strategy"] + ", " + rows["aspect"])
    table = rows.pivot_table(index=["source", "seed"], columns="pair", values="recall_1p")
    complete = table.dropna(axis=1)
    for source in rows["source"].unique():
        others = complete.drop(index=source, level="source")
        if others.empty:
            continue
        best = others.groupby(level="source").mean().mean().idxmax()
        detector, _, aspect = best.split(", ")
        here = complete.loc[source]
        print(f"\n{source}: best on the others is {best}; here {here[best].mean():.2f}")
        for other in (
            f"{detector}, sroc, {aspect}",
            f"{detector}, sroc group, {aspect}",
            f"{DEFAULT}, sroc, {aspect}",
        ):
            if other in here and other != best:
                difference = here[best] - here[other]
                half = 1.96 * difference.std() / np.sqrt(max(len(difference), 1))
                print(f"  less {other}: {difference.mean():+.2f} (95 %: +/- {half:.2f})")


def print_told(rows: pd.DataFrame) -> None:
    """Print how often a ranking was told to be as good as by lot, where it was and where not."""
    rows = rows[rows["strategy"] != "random"]
    for column in ("repeats by lot", "paint by lot"):
        if column in rows:
            told = pd.crosstab(rows["near_chance_1p"], rows[column])
            print("\nrankings near chance by the labels (rows), and without them (columns)")
            print(told.to_string())
    if "planted" in rows:
        keys = ["source", "aspect", "detector", "strategy"]
        means = rows.groupby(keys)[["planted", "recall_1p"]].mean()
        for source, some in means.groupby(level="source"):
            print(f"{source}: rank correlation of painted and real recall over settings ", end="")
            print(f"{some['planted'].corr(some['recall_1p'], method='spearman'):.2f}")


def written(given: argparse.Namespace) -> pd.DataFrame:
    """Measure what is not in the rows yet, or read some; refusals are left out."""
    paths = given.table or [path for path in (given.rows,) if path and path.exists()]
    rows = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    if not given.table:
        for row in measured(given, {tuple(row[name] for name in KEY) for row in rows}):
            rows.append(row)
            told = row.get("refused") or f"{row['recall_1p']:.2f} in {row['seconds']:.1f} s"
            print(*(row[name] for name in KEY), told, flush=True)
            if given.rows:
                with given.rows.open("a") as stream:
                    stream.write(json.dumps(row) + "\n")
    table = pd.DataFrame(rows)
    return table[table["refused"].isna()] if "refused" in table else table


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])

    def listed(known: Sequence[str]):
        def read(text: str) -> list[str]:
            names = text.split(",")
            if {name for name in names if "@" not in name} - set(known):
                raise argparse.ArgumentTypeError(f"known: {', '.join(known)}")
            return names

        return {"type": read, "default": list(known)}

    parser.add_argument("--sources", **listed(REAL))
    parser.add_argument("--aspects", **listed(["kept", "square"]))
    parser.add_argument("--detectors", **listed(list(DETECTORS)))
    parser.add_argument("--strategies", **listed(list(STRATEGIES)))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--repeats", action="store_true")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--table", type=Path, nargs="+", default=[])
    return parser.parse_args(arguments)


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    given = parsed()
    start = time.perf_counter()
    rows = written(given)
    print_recalls(rows)
    print_chosen(rows)
    print_told(rows)
    print(f"\n{len(rows)} rankings, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
