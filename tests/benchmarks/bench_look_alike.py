"""Images to look at first that look alike, held against the types of their defects.

    ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_look_alike.py [--draws N]
        [--rows FILE.pickle] [--table FILE.pickle]

Of each source folders are drawn in two ways: ``mixed``, 64 good images and 16 defective ones, half
of them of one type (12 of boards and cells, whose types are not known); ``test``, 20 good images
and 8 of each type, judged by 60 others. Two detectors rank them, and the first 24 are joined.
*Pure* is the share of groups whose members are of one type, or all good; *joined*, of the defective
images whose type is among the 24 again, the share with one of it in their group; *largest*, for
types with four or more images, the share of them that is in one group. ``cell`` compares the most
anomalous cell alone, ``pooled`` the means of images, ``odd`` is what the package does.

Three choices (what is compared, how groups are joined, the limit) are made on all sources together
and then with each source left out: the largest groups of those with a purity of 0.85 and more.
"""

import argparse
import pickle
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
from bench_truth import TEXTURES, features_of, real_sources
from scipy.cluster.hierarchy import fcluster, linkage

from anomalylab import datasets
from anomalylab.compute import look_alike
from anomalylab.features import Features
from anomalylab.runs.candidates import _create
from anomalylab.runs.judge import judge
from anomalylab.runs.looks import LEAST_LOOKED_AT
from anomalylab.runs.request import DetectorChoice

DETECTORS = ("padim:levels=all,covariance=ridge", "patchcore")
LIMITS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
COMPARED = ("odd", "cell", "pooled")
PURE = 0.85
MIXED = {1: (12,), 3: (8, 5, 3), 4: (8, 4, 3, 1), 5: (8, 4, 2, 1, 1)}
MEASURES = ("pure", "joined", "largest")


def sources() -> dict[str, tuple[np.ndarray, Features, tuple[int, int]]]:
    """Return the types of the images of each source, their features, and their size."""
    listed = real_sources()
    for name, preset in product(TEXTURES, ("easy", "hard")):
        numbers = {"n_train": 60, "n_test_good": 20, "n_test_defect": 50}
        listed[f"{name} {preset}"] = datasets.load(
            "textures", None, category=name, preset=preset, **numbers
        )
    found = {}
    for name, samples in listed.items():
        table, extractor, features = features_of(samples)
        types = table["defect_type"].fillna("defect").to_numpy(object)
        if name == "tiles":
            types = table["image_path"].str.extract(r"MT_(\w+)/")[0].to_numpy(object)
        types[table["label"].to_numpy() == 0] = "good"
        found[name] = types.astype(str), features.only(features.stored), extractor.size
    return found


def draw(types: np.ndarray, way: str, rng) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to fit on and rows to judge."""
    good = rng.permutation(np.flatnonzero(types == "good"))
    kinds = rng.permutation(sorted(set(types) - {"good"}))
    sizes = MIXED[len(kinds)] if way == "mixed" else [8] * len(kinds)
    bad = [
        rng.permutation(np.flatnonzero(types == kind))[:n]
        for kind, n in zip(kinds, sizes, strict=True)
    ]
    if way == "mixed":
        rows = rng.permutation(np.concatenate([good[:64], *bad]))
        return rows, rows
    n_train = min(60, len(good) - 20)
    return good[:n_train], rng.permutation(np.concatenate([good[n_train:][:20], *bad]))


def ranked(
    features: Features, size: tuple[int, int], train: np.ndarray, query: np.ndarray, text: str
):
    """Return the judged rows by rank, and their maps."""
    rows = np.unique(np.concatenate([train, query]))
    judged = judge(
        _create(DetectorChoice.parse(text), 0),
        features.subset(rows),
        training=np.searchsorted(rows, train),
        query=np.searchsorted(rows, query),
        spare=np.array([], int),
        network_size=size,
        smoothing=4.0,
    )
    order = np.argsort(-judged.query_scores, kind="stable")
    return query[order], judged.query_maps[order]


def compared(levels: dict[str, np.ndarray], maps: np.ndarray, ordinary: np.ndarray) -> dict:
    """Return the distances between images, by what is compared."""
    flat = maps.reshape(len(maps), -1)
    highest = (flat == flat.max(axis=1, keepdims=True)).astype(float).reshape(maps.shape)
    weights = {
        "odd": look_alike.weights(maps),
        "cell": highest / highest.sum(axis=(1, 2), keepdims=True),
        "pooled": np.full(maps.shape, 1 / flat.shape[1]),
    }
    return {
        name: look_alike.distances(look_alike.oddities(levels, given, ordinary))
        for name, given in weights.items()
    }


def measure(
    name: str, types: np.ndarray, features: Features, size: tuple[int, int], n_draws: int
) -> list[dict]:
    """Return a row a folder: the source, the types of the first images, and distances."""
    rows = []
    for way, seed, text in product(("mixed", "test"), range(n_draws), DETECTORS):
        train, query = draw(types, way, np.random.default_rng([seed, 7]))
        order, maps = ranked(features, size, train, query, text)
        half = (len(order) + 1) // 2
        n_first, ordinary = min(LEAST_LOOKED_AT, half), np.arange(half, len(order))
        levels = {level: features.level(level)[order] for level in features.names}
        found = compared(levels, maps, ordinary)
        near = {
            what: np.quantile(
                d[half:, half:][np.triu_indices(len(ordinary), 1)], look_alike.NEAREST_PAIRS
            )
            for what, d in found.items()
        }
        first = {what: d[:n_first, :n_first] for what, d in found.items()}
        rows.append({"source": name, "types": types[order[:n_first]], "first": first, "near": near})
    return rows


def told(row: dict, what: str, how: str, limit: float) -> dict[str, list[float]]:
    """Return what each measure gives for one folder, a number a group, image or type."""
    types, apart = row["types"], row["first"][what]
    pairs = apart[np.triu_indices(len(types), 1)].clip(0)
    groups = fcluster(linkage(pairs, how), limit * row["near"][what], "distance")
    if how == "average" and what == "odd" and limit == look_alike.LIMIT:
        ours = look_alike.joined(apart, limit * row["near"][what], np.arange(len(types)))
        assert (np.equal.outer(ours, ours) == np.equal.outer(groups, groups)).all()
    members = [types[groups == group] for group in set(groups)]
    same = np.equal.outer(types, types) & ~np.eye(len(types), dtype=bool)
    together = same & np.equal.outer(groups, groups)
    again = (types != "good") & same.any(axis=1)
    counts = {kind: n for kind, n in Counter(types).items() if kind != "good" and n >= 4}
    return {
        "pure": [len(set(one)) == 1 for one in members if len(one) > 1],
        "joined": list(together[again].any(axis=1)),
        "largest": [max(Counter(groups[types == k]).values()) / n for k, n in counts.items()],
    }


def table_of(rows: list[dict], setting) -> dict[str, dict[str, list]]:
    """Return the numbers of all folders of each source."""
    table: dict[str, dict[str, list]] = {}
    for row in rows:
        of_source = table.setdefault(row["source"], {name: [] for name in MEASURES})
        for name, values in told(row, *setting).items():
            of_source[name] += values
    return table


def mean(table, names, measure: str) -> float:
    """Return the mean over sources."""
    return float(np.mean([np.mean(table[name][measure]) for name in names if table[name][measure]]))


def words(found: dict[str, list]) -> str:
    """Return the measures of a source, with the number of groups."""
    shares = " ".join(
        f"{np.mean(found[name]) if found[name] else np.nan:7.2f}" for name in MEASURES
    )
    return f"{len(found['pure']):6d} {shares}"


def show(rows: list[dict]) -> None:
    """Print what the setting of the package does, and what is chosen without each source."""
    standing = ("odd", "average", look_alike.LIMIT)
    table = table_of(rows, standing)
    print("source        groups    pure  joined largest")
    for name, found in table.items():
        print(f"{name:14s}{words(found)}")
    shares = " ".join(f"{mean(table, table, measure):7.2f}" for measure in MEASURES)
    print(f"{'mean':14s}{'':6s} {shares}")
    breaks = [
        {**row, "types": np.char.replace(row["types"], "broken_small", "broken_large")}
        for row in rows
        if row["source"] == "bottle"
    ]
    for found in table_of(breaks, standing).values():
        print(f"{'bottle, breaks':14s}{words(found)}")
    tables = {
        setting: table_of(rows, setting)
        for setting in product(COMPARED, ("average", "complete"), LIMITS)
    }
    print("\nbest of each, by mean purity, all sources")
    families = {name.partition(" ")[0] for name in table}
    for what, how in product(COMPARED, ("average", "complete")):
        settings = [setting for setting in tables if setting[:2] == (what, how)]
        print(_chosen(tables, settings, list(table)), flush=True)
    print("\nchosen without                                groups    pure  joined largest")
    for left_out in sorted(families):
        others = [name for name in table if name.partition(" ")[0] != left_out]
        best = _best(tables, list(tables), others)
        for name in [name for name in table if name not in others]:
            print(f"{name:14s}{best!s:32s}{words(tables[best][name])}")


def _best(tables, settings, names):
    """Return the setting of the largest groups among the pure ones, or else the purest."""
    pure = [one for one in settings if mean(tables[one], names, "pure") >= PURE]
    if not pure:
        return max(settings, key=lambda one: mean(tables[one], names, "pure"))
    return max(pure, key=lambda one: mean(tables[one], names, "largest"))


def _chosen(tables, settings, names) -> str:
    best = _best(tables, settings, names)
    shares = " ".join(f"{mean(tables[best], names, measure):7.2f}" for measure in MEASURES)
    return f"{best!s:32s} {shares}"


def main() -> None:
    """Measure or read rows, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--rows", type=Path, help="write what was measured there")
    parser.add_argument("--table", type=Path, help="print the tables of such a file")
    options = parser.parse_args()
    if options.table:
        show(pickle.loads(options.table.read_bytes()))
        return
    rows = []
    for name, (types, features, size) in sources().items():
        rows += measure(name, types, features, size, options.draws)
        print(name, size, file=sys.stderr, flush=True)
    if options.rows:
        options.rows.write_bytes(pickle.dumps(rows))
    show(rows)


if __name__ == "__main__":
    main()
