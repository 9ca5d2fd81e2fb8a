"""What runs say without labels, held against labels that were hidden from them.

    python tests/benchmarks/bench_truth.py [--sources bottle,tiles,...] [--draws N] [--images N]
        [--rows FILE.jsonl] [--table FILE.jsonl ...] [--preferred]

From the good and the defective images of each source in ``ANOMALYLAB_DATA``, and of the built-in
textures, folders are drawn with 0, 5, 10 and 20 % of defects. Each is judged without labels: a
detector is chosen by planted defects, its verdict and its ranking are taken, and what it says of
planted defects is held against fresh ones in good images that the folder does not hold. The labels
then show what was right. ``--table`` prints the table of rows that were written before; the choice
of how far settings count as tied is made again there, leaving each source out in turn.
``--preferred`` judges by the setting that is preferred where planted defects tell none apart, and
by nothing else: a second or two a folder, so that many can be drawn.
"""

import argparse
import json
import os
import sys
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import datasets, extractors
from anomalylab.metrics import auroc
from anomalylab.runs.candidates import candidates_of
from anomalylab.runs.inputs import with_images
from anomalylab.runs.judge import judge
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.sensitivity.choose import Offer, choose
from anomalylab.runs.sensitivity.measure import planted_table
from anomalylab.runs.sensitivity.plan import Wish
from anomalylab.runs.sensitivity.write import Beneath, planted_in
from anomalylab.runs.shape import create_extractor
from anomalylab.runs.timing import Timings
from anomalylab.verdicts import unlabelled
from anomalylab.verdicts.sensitivity import CELL, sensitivity

SHARES = (0.0, 0.05, 0.1, 0.2)
TEXTURES = ("brick", "fabric", "grass", "gravel", "part")
N_FRESH = 4
"""Fresh planted images of each kind, width and contrast."""


def real_sources() -> dict[str, pd.DataFrame]:
    """Return SAMPLES of the real sources, with the folder of the images in ``attrs``."""
    root = Path(os.environ.get("ANOMALYLAB_DATA", "/nowhere"))
    if not root.is_dir():
        return {}
    found = {
        "bottle": datasets.load("mvtec_ad", root / "mvtec_ad" / "bottle"),
        "boards": datasets.load("kolektor_sdd2", root / "kolektor_in_ksdd2_layout"),
    }
    for name, folder in (("bottle", "mvtec_ad/bottle"), ("boards", "kolektor_in_ksdd2_layout")):
        found[name].attrs.setdefault("root", str(root / folder))
    tiles = [
        {"image_path": path, "label": int("MT_Free" not in path.as_posix())}
        for path in sorted((root / "magnetic_tile").glob("MT_*/Imgs/*.jpg"))
    ]
    graded = pd.read_csv(root / "elpv_mono" / "labels.csv")
    known = graded[pd.to_numeric(graded.iloc[:, 1], errors="coerce").isin([0.0, 1.0])]
    cells = [
        {"image_path": root / "elpv_mono" / path, "label": int(float(grade))}
        for path, grade in zip(known.iloc[:, 0], known.iloc[:, 1], strict=True)
    ]
    return found | {"tiles": _listed(tiles, root), "elpv": _listed(cells, root)}


def _listed(rows: list[dict], root: Path) -> pd.DataFrame:
    """Return SAMPLES of images of known label, by a table that is written for the loader."""
    import tempfile

    table = pd.DataFrame(rows)
    table["image_path"] = [path.relative_to(root).as_posix() for path in table["image_path"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        table.to_csv(path, index=False)
        samples = datasets.load("table", path, images=root)
    samples.attrs["root"] = str(root)
    return samples


def drawn_sources() -> dict[str, pd.DataFrame]:
    """Return SAMPLES of the built-in textures, hard ones."""
    numbers = {"n_train": 120, "n_test_good": 40, "n_test_defect": 40}
    return {
        name: datasets.load("textures", None, category=name, preset="hard", **numbers)
        for name in TEXTURES
    }


def features_of(samples: pd.DataFrame):
    """Embed a source as a run does by itself; return samples, extractor and features."""
    extractor = create_extractor(DetectRequest(data=None), samples)
    root = Path(samples.attrs["root"])
    done = extractors.extract(samples, root, extractor)
    table = done.samples
    table.attrs["root"] = str(root)
    return table, extractor, with_images(done.features, table, root, intensity="full")


def draw(samples: pd.DataFrame, n_images: int, share: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of a folder with a share of defects, and of good images that it does not hold."""
    good, bad = (np.flatnonzero(samples["label"] == label) for label in (0, 1))
    n_bad = min(round(share * n_images), len(bad))
    n_good = min(n_images - n_bad, len(good) - 15)
    shuffled = rng.permutation(good)
    chosen = np.concatenate([shuffled[:n_good], rng.permutation(bad)[:n_bad]])
    return rng.permutation(chosen), shuffled[n_good:]


def left_out(detector, known, rows: np.ndarray) -> np.ndarray:
    """Return the scores of a folder's images as a run judges them, each left out."""
    _, extractor, features = known
    return judge(
        detector,
        features,
        training=rows,
        query=rows,
        spare=np.array([], int),
        network_size=extractor.size,
        smoothing=4.0,
    ).training_scores


def judge_folder(source: str, share: float, seed: int, known, n_images: int) -> dict:
    """Judge one folder without its labels, then hold what was said against them."""
    samples, extractor, features = known
    rows, others = draw(samples, n_images, share, np.random.default_rng([seed, int(100 * share)]))
    root = Path(samples.attrs["root"])
    beneath = Beneath(samples, root, features, rows, extractor, "full", "bilinear", 4.0)
    timings = Timings()
    auto = DetectRequest(data=None, detectors=(DetectorChoice(name="auto"),))
    candidates = candidates_of(auto)
    choice = choose([Offer(beneath, candidates)], timings, seed=seed)
    truth = (samples["label"].to_numpy(float)[rows] == 1).astype(int)
    told = {"source": source, "share": share, "seed": seed, "n": len(rows), "n_bad": sum(truth)}
    told["choice"] = choice.table.drop(columns=["stated_low", "stated_high"]).to_dict("records")
    told["rankings"], verdicts = {}, {}
    for label, detector in candidates.items():
        scores = left_out(detector, known, rows)
        verdicts[label] = scores, unlabelled.verdict(scores)
        told["rankings"][label] = auroc(truth, scores) if truth.any() else None
    label = choice.table["detector"].iloc[0]
    for role, name in (("chosen", label), ("shipped", "patchcore")):
        told[role] = said(*verdicts[name], truth)
    told["coverage"] = coverage(
        beneath, others, candidates[label], choice, label, verdicts[label], seed
    )
    steps = timings.table()
    told["cpu_of_choice"] = float(steps["cpu_seconds"].sum())
    return told


def print_preferred(known: dict, n_draws: int, n_images: int) -> None:
    """Print what the preferred setting says of many folders, and what was right of it."""
    (label, detector), *_ = candidates_of(DetectRequest(data=None)).items()
    print(f"{label}, {n_draws} draws a share, {n_images} images")
    print("| source | false named, clean, and standard error | recall 5/10/20 % | first 1.5 p |")
    print("| --- | --- | --- | --- |")
    for source, one in known.items():
        samples, told = one[0], {share: [] for share in SHARES}
        for share, seed in product(SHARES, range(n_draws)):
            rng = np.random.default_rng([seed, int(100 * share)])
            rows, _ = draw(samples, n_images, share, rng)
            scores = left_out(detector, one, rows)
            truth = (samples["label"].to_numpy(float)[rows] == 1).astype(int)
            told[share].append(said(scores, unlabelled.verdict(scores), truth) | {"p": truth.sum()})
        false = [one["false"] for one in told[0.0]]
        error = np.std(false, ddof=1) / np.sqrt(len(false))
        recalls = [_share(told[share], "found") for share in SHARES[1:]]
        first = _share([one for share in SHARES[1:] for one in told[share]], "in_first")
        words = "/".join(f"{value:.2f}" for value in recalls)
        print(
            f"| {source} | {np.mean(false):.2f}, {error:.2f} | {words} | {first:.2f} |", flush=True
        )


def _share(told: list[dict], what: str) -> float:
    return float(sum(one[what] for one in told) / sum(one["p"] for one in told))


def said(scores: np.ndarray, verdict, truth: np.ndarray) -> dict:
    """Return what a verdict said, and what was right of it."""
    named = (
        scores >= verdict.threshold if verdict.kind == "suspects" else np.zeros(len(truth), bool)
    )
    n_first = int(np.ceil(1.5 * truth.sum()))
    first = np.argsort(-scores, kind="stable")[:n_first]
    return {
        "kind": verdict.kind,
        "expected": verdict.expected_by_chance,
        "named": int(named.sum()),
        "false": int((named & (truth == 0)).sum()),
        "found": int((named & (truth == 1)).sum()),
        "in_first": int(truth[first].sum()),
    }


def coverage(beneath, others, detector, choice, label, judged, seed) -> list[dict]:
    """Return, per cell, the interval that was stated and the share of fresh defects found."""
    scores, verdict = judged
    if not np.isfinite(verdict.threshold) or len(others) < 12:
        return []
    ids = beneath.samples["sample_id"].to_numpy()
    usable = beneath.training[scores < verdict.threshold]  # as a run does
    places = np.flatnonzero(np.isin(choice.planted.rows, usable))
    planted, scored = choice.planted.subset(places), choice.scored[label].subset(places)
    stated = sensitivity(planted_table(label, planted, ids, scored, verdict.threshold))
    wish = Wish(per_cell=N_FRESH)
    fresh = planted_in(beneath, np.sort(others[:40]), wish, Timings(), seed=seed + 50_000)
    scores = detector.image_scores(fresh.features)  # judged on images that it never saw
    table = planted_table(label, fresh, ids, unknown_beneath(scores), verdict.threshold)
    both = stated.merge(
        table.groupby(CELL)["is_found"].agg(["sum", "count"]).reset_index(), on=CELL
    )
    return both[["low", "high", "found", "n_images", "sum", "count"]].to_dict("records")


def unknown_beneath(scores: np.ndarray):
    """Return scores of planted images as if nothing were known of the images beneath."""
    from anomalylab.runs.sensitivity.measure import PlantedScores

    return PlantedScores(scores, np.zeros(len(scores)), np.zeros((len(scores), 1, 1)))


def chosen_with(told: dict, margin: float, order: list[str]) -> str:
    """Return what would be chosen if settings within a margin of the best counted as tied."""
    rows = [row for row in told["choice"] if row["is_tied"] or row["behind"] <= margin]
    return min((row["detector"] for row in rows), key=order.index)


def print_table(rows: list[dict]) -> None:
    """Print one table: by source what was said and what was right."""
    order = list(candidates_of(DetectRequest(data=None, detectors=(DetectorChoice(name="auto"),))))
    sources = list(dict.fromkeys(row["source"] for row in rows))
    for role in ("shipped", "chosen"):
        print(f"\n{role}: recall of named suspects, share of defects in the first 1.5 p, verdicts")
        print("| source | false named, clean | recall 5/10/20 % | first 1.5 p | verdicts |")
        print("| --- | --- | --- | --- | --- |")
        for source in sources:
            print(_line(source, role, [row for row in rows if row["source"] == source]))
    print("\nmean AUROC of the rankings of folders with defects")
    print(f"| source | chosen | {' | '.join(order)} |")
    print("| --- | " + " | ".join(["---"] * (len(order) + 1)) + " |")
    for source in sources:
        polluted = [row for row in rows if row["source"] == source and row["n_bad"]]
        fixed = [np.mean([row["rankings"][name] for row in polluted]) for name in order]
        own = np.mean([row["rankings"][row["choice"][0]["detector"]] for row in polluted])
        print(f"| {source} | {own:.3f} | " + " | ".join(f"{value:.3f}" for value in fixed) + " |")
    _print_margins(rows, sources, order)
    cells = [cell for row in rows for cell in row["coverage"]]
    inside = [c["low"] <= c["sum"] / c["count"] <= c["high"] for c in cells]
    if inside:
        print(
            f"\nfresh planted defects within the stated 90 % interval: {np.mean(inside):.3f} of "
            f"{len(inside)} cells"
        )


def _line(source: str, role: str, rows: list[dict]) -> str:
    clean = [row[role]["false"] for row in rows if not row["n_bad"]]
    recalls = []
    for share in SHARES[1:]:
        some = [row for row in rows if row["share"] == share]
        n_bad = sum(row["n_bad"] for row in some)
        recalls.append(sum(row[role]["found"] for row in some) / max(n_bad, 1))
    polluted = [row for row in rows if row["n_bad"]]
    first = sum(row[role]["in_first"] for row in polluted) / sum(row["n_bad"] for row in polluted)
    kinds = pd.Series([row[role]["kind"] for row in polluted]).value_counts().to_dict()
    words = "/".join(f"{value:.2f}" for value in recalls)
    return f"| {source} | {np.mean(clean):.1f} | {words} | {first:.2f} | {kinds} |"


def _print_margins(rows: list[dict], sources: list[str], order: list[str]) -> None:
    """Print the margin that the other sources choose for each, and what it gives there."""
    margins = (0.0, 0.02, 0.04, 0.06, 0.08, 1.0)
    polluted = [row for row in rows if row["n_bad"]]

    def regret(some: list[dict], margin: float) -> float:
        return float(
            np.mean(
                [
                    max(row["rankings"].values()) - row["rankings"][chosen_with(row, margin, order)]
                    for row in some
                ]
            )
        )

    print("\nmargin within which settings count as tied: chosen on the other sources, and regret")
    for source in sources:
        others = [row for row in polluted if row["source"] != source]
        own = [row for row in polluted if row["source"] == source]
        best = min(margins, key=lambda margin: regret(others, margin)) if others else 0.0
        at = ", ".join(f"{margin:g}: {regret(own, margin):.3f}" for margin in margins)
        print(f"  {source}: {best:g}; regret here at {at}")


def main() -> int:
    """Judge folders, write a row each, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", default="")
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--images", type=int, default=80)
    parser.add_argument("--rows", type=Path, default=Path("truth.jsonl"))
    parser.add_argument("--table", type=Path, nargs="*")
    parser.add_argument("--preferred", action="store_true")
    options = parser.parse_args()
    if options.table:
        lines = [line for path in options.table for line in path.read_text().splitlines()]
        print_table([json.loads(line) for line in lines])
        return 0
    warnings.simplefilter("ignore")
    sources = real_sources() | drawn_sources()
    names = options.sources.split(",") if options.sources else list(sources)
    known = {name: features_of(sources[name]) for name in names}
    if options.preferred:
        print_preferred(known, options.draws, options.images)
        return 0
    with options.rows.open("a", encoding="utf-8") as out:
        for seed in range(options.draws):
            for name in names:
                for share in SHARES:
                    start = time.perf_counter()
                    told = judge_folder(name, share, seed, known[name], options.images)
                    out.write(json.dumps(told, default=float) + "\n")
                    out.flush()
                    spent = time.perf_counter() - start
                    print(
                        f"{name} {share:.0%} seed {seed}: {told['chosen']['kind']}, {spent:.0f} s"
                    )
    print_table([json.loads(line) for line in options.rows.read_text().splitlines()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
