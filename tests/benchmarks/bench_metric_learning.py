"""Metric learning on real images: AUROC by loss and experiment, beside frozen features.

    python tests/benchmarks/bench_metric_learning.py OUT
        [--sources bottle,tiles,cells,hazelnut,transistor] [--experiments twins,one-defect,classes]
        [--loss all] [--preset cpu] [--epochs N] [--seeds 0] [--frozen] [--pages]

Each source is written as a table of paths with its splits, and each experiment is a recipe of its
own in a folder of OUT; the experiment ``classes`` takes all sources together. A call that was
stopped or killed is given again and goes on: finished trainings are found in the cache, and runs
that stand in OUT are made again of it in seconds.

Of magnetic tiles and solar cells, which come without a test set, every third good image is judged.
Solar cells: experts were sure that they are functional (good) or defective (``defect``), or thought
so (``perhaps``). The reduced hazelnut and transistor have two test images a class: they are trained
on and pictured, and no AUROC of them is printed.

Printed are tables of AUROC with their 95 % intervals; of shares of heat inside masks, medians over
defective test images beside the share of the image that the mask takes; and of seconds.
``--frozen`` adds detectors of frozen features on the same splits; ``--pages`` writes the pages.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import datasets
from anomalylab.recipes.metric_learning.request import (
    MetricLearningRequest,
    read_losses,
    read_seeds,
)
from anomalylab.recipes.metric_learning.run import run
from anomalylab.recipes.metric_learning.words import loss_name
from anomalylab.runs.detect import run as detect
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, DetectRequest

FROZEN = ("knn", "mahalanobis", "padim", "patchcore")
SMALL = ("hazelnut", "transistor")
"""Sources with two test images a class, of which no AUROC is printed."""

COLUMNS = ["path", "category", "split", "label", "defect_type", "mask_path"]


def sources(root: Path) -> dict[str, pd.DataFrame]:
    """Return a table of paths, relative to ``root``, of each source."""
    return {
        "bottle": _mvtec(root, "mvtec_ad", "bottle", "bottle"),
        "tiles": _tiles(root),
        "cells": _cells(root),
        "hazelnut": _mvtec(root, "mvtec_reduced", "hazelnut_reduced", "hazelnut"),
        "transistor": _mvtec(root, "mvtec_reduced", "transistor_reduced", "transistor"),
    }


def _mvtec(root: Path, folder: str, category: str, name: str) -> pd.DataFrame:
    samples = datasets.load("mvtec_ad", root / folder, category=category)
    return pd.DataFrame(
        {
            "path": f"{folder}/" + samples["image_path"],
            "category": name,
            "split": samples["split"],
            "label": samples["label"],
            "defect_type": samples["defect_type"],
            "mask_path": [
                f"{folder}/{m}" if isinstance(m, str) else "" for m in samples["mask_path"]
            ],
        }
    )


def _tiles(root: Path) -> pd.DataFrame:
    rows = []
    for kind in sorted((root / "magnetic_tile").glob("MT_*")):
        name = "good" if kind.name == "MT_Free" else kind.name.removeprefix("MT_").lower()
        for number, path in enumerate(sorted((kind / "Imgs").glob("*.jpg"))):
            mask = path.with_suffix(".png") if name != "good" else None
            way = "" if mask is None else mask.relative_to(root).as_posix()
            rows.append((path.relative_to(root).as_posix(), "tiles", *_split(name, number), way))
    return pd.DataFrame(rows, columns=COLUMNS)


def _cells(root: Path) -> pd.DataFrame:
    samples = datasets.load("elpv", root / "elpv_mono")
    names = {0.0: "good", 1.0: "defect"}
    rows, n_good = [], 0
    for path, grade in zip(samples["image_path"], samples["grade"], strict=True):
        name = names.get(float(grade), "perhaps")
        if name == "perhaps" and grade < 0.5:  # thought to be functional: nobody knows
            continue
        rows.append((f"elpv_mono/{path}", "cells", *_split(name, n_good), ""))
        n_good += name == "good"
    return pd.DataFrame(rows, columns=COLUMNS)


def _split(name: str, number: int) -> tuple[str, int, str]:
    """Return split, label and type: defects and every third good image are judged."""
    if name != "good":
        return "test", 1, name
    return "test" if number % 3 == 2 else "train", 0, name


def write_tables(out: Path, root: Path, names: list[str]) -> dict[str, Path]:
    """Write a table of each source, and one of all of them."""
    known = sources(root)
    tables = {name: known[name] for name in names}
    tables["all"] = pd.concat(tables.values())
    paths = {}
    for name, table in tables.items():
        paths[name] = out / f"{name}.csv"
        table.to_csv(paths[name], index=False)
    return paths


def recipes(options: argparse.Namespace, tables: dict[str, Path], root: Path) -> Iterator[Run]:
    """Carry out the experiments one after the other."""
    for experiment in options.experiments.split(","):
        names = ["all"] if experiment == "classes" else [n for n in tables if n != "all"]
        for name in names:
            if experiment == "classes" and len(tables) < 3:
                continue
            params = {"epochs": options.epochs} if options.epochs else {}
            request = MetricLearningRequest(
                data=tables[name],
                dataset="table",
                dataset_params={"images": root},
                losses=read_losses(options.loss),
                experiment=experiment,
                preset=options.preset,
                params=params,
                seeds=read_seeds(options.seeds),
            )
            print(f"\n{name}, {experiment}", flush=True)
            finished = run(request, options.out / f"{name}-{experiment}", replace=True)
            print(finished.verdict, flush=True)
            if options.pages:
                from anomalylab.reports import report

                print(report(finished.folder), flush=True)
            yield finished


def print_values(runs: list[Run]) -> None:
    """Print AUROC by source and loss, one table an experiment and kind of figure."""
    table = pd.concat([one.table("metric_values") for one in runs], ignore_index=True)
    table = table[table["metric"].str.startswith("auroc") & ~table["category"].isin(SMALL)]
    for (experiment, metric), own in table.groupby(["experiment", "metric"], sort=False):
        losses = list(own["loss"].unique())
        print(f"\n{experiment}, {metric}\n")
        _print_row(["source", *map(loss_name, losses)])
        _print_row(["---"] * (1 + len(losses)))
        for category, of_category in own.groupby("category", sort=False):
            _print_row([category, *(_value(of_category, loss) for loss in losses)])
        printed = own.dropna(subset=["published"]).drop_duplicates(["category", "loss"])
        for category, of_category in printed.groupby("category", sort=False):
            by_loss = of_category.set_index("loss")["published"]
            cells = [f"{by_loss[x]:.3f}" if x in by_loss else "" for x in losses]
            _print_row([f"{category}, published", *cells])


def _value(rows: pd.DataFrame, loss: str) -> str:
    own = rows[rows["loss"] == loss]
    if not len(own) or own["value"].isna().all():
        return ""
    mean, low, high = own["value"].mean(), own["low"].min(), own["high"].max()
    return f"{mean:.3f} ({low:.2f} to {high:.2f})"


def print_heat(runs: list[Run]) -> None:
    """Print the median share of heat inside masks, beside that of the mask in the image."""
    parts = [one.table("metric_heat") for one in runs]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table = table.dropna(subset=["mass_in_mask"])
    print("\nHeat inside masks, medians; mask: share of the image; above: images with more\n")
    _print_row(["source", "experiment", "loss", "of", "images", "mask", "heat", "above"])
    _print_row(["---"] * 8)
    keys = ["category", "experiment", "loss", "of"]
    for key, own in table.groupby(keys, sort=False):
        above = int((own["mass_in_mask"] > own["mask_share"]).sum())
        mask, heat = own["mask_share"].median(), own["mass_in_mask"].median()
        _print_row([*key, str(len(own)), f"{mask:.1%}", f"{heat:.1%}", f"{above}"])


def print_seconds(runs: list[Run]) -> None:
    """Print how long trainings took, those that were not found in the cache."""
    table = pd.concat([one.table("metric_trainings") for one in runs], ignore_index=True)
    print("\nSeconds of a training, median; epochs; whose weights were kept\n")
    _print_row(["source", "experiment", "seconds", "epochs", "kept"])
    _print_row(["---"] * 5)
    for key, own in table.groupby(["category", "experiment"], sort=False):
        numbers = [f"{np.nanmedian(own[name]):.0f}" for name in ("seconds", "epochs", "best_epoch")]
        _print_row([*key, *numbers])
    for row in table[table["status"] == "failed"].itertuples():
        print(f"failed: {row.category}, {row.experiment}, {row.loss}: {row.reason}")


def print_frozen(options: argparse.Namespace, tables: dict[str, Path], root: Path) -> None:
    """Print AUROC of detectors of frozen features on the same splits."""
    print("\nFrozen features, the same splits\n")
    _print_row(["source", *FROZEN])
    _print_row(["---"] * (1 + len(FROZEN)))
    for name in (name for name in tables if name not in ("all", *SMALL)):
        request = DetectRequest(
            data=tables[name],
            dataset="table",
            dataset_params={"images": root},
            detectors=tuple(DetectorChoice(name=one) for one in FROZEN),
            sensitivity="none",
        )
        finished = detect(request, options.out / f"{name}-frozen", replace=True)
        metrics = finished.table("metrics")
        own = metrics[metrics["metric"] == "auroc"].set_index("detector")
        cells = [
            f"{own['value'][x]:.3f} ({own['low'][x]:.2f} to {own['high'][x]:.2f})" for x in FROZEN
        ]
        _print_row([name, *cells])


def _print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def main() -> None:
    """Read options, carry out what they say, print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sources", default="bottle,tiles,cells,hazelnut,transistor")
    parser.add_argument("--experiments", default="twins,one-defect,classes")
    parser.add_argument("--loss", default="all")
    parser.add_argument("--preset", default="cpu")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--pages", action="store_true")
    options = parser.parse_args()
    root = Path(os.environ["ANOMALYLAB_DATA"])
    options.out.mkdir(parents=True, exist_ok=True)
    tables = write_tables(options.out, root, options.sources.split(","))
    if options.frozen:
        print_frozen(options, tables, root)
    runs = []
    for finished in recipes(options, tables, root):
        runs.append(finished)
        print_values([finished])
    print_values(runs)
    print_heat(runs)
    print_seconds(runs)


if __name__ == "__main__":
    main()
