"""Does the decision survive pollution where the ranking does, and what mends it?

    ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_decisions.py [--source bottle]
        [--detectors patchcore,patchcore@all,padim,mahalanobis,knn] [--seeds 2] [--healing]

``patchcore@all`` takes all levels, others their default. For each level of pollution, AUROC beside
recall and false alarms at the thresholds that a run takes without labels from that same training
set (1 and 5 % by rank, and the verdict's), before anything is removed, after the fifth that
``sroc`` with groups left out finds most suspicious is, and with all that is polluted removed.
``--healing`` prints instead, at 20 % pollution: which cells are found by the masks, what training
without them gives, and AUROC and AU-PRO with healed images beside removal at the same share.
lite0 at 224 as a run embeds the source; tiles are dealt into training and test by their order.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from bench_truth import features_of, real_sources

from anomalylab import refine
from anomalylab.datasets.pollute import Pollution, pollute
from anomalylab.detectors import Pool, create, pool_of
from anomalylab.features import Features
from anomalylab.localise import AnomalyMaps
from anomalylab.metrics import au_pro, auroc, refinement
from anomalylab.metrics.cell_truth import polluted_cells
from anomalylab.refine import cells, healing
from anomalylab.runs.masks import Masks
from anomalylab.verdicts.decision import decisions

LEVELS = (0.0, 0.05, 0.1, 0.15, 0.2)
REJECT = 0.2
DETECTORS = "patchcore,patchcore@all,padim,mahalanobis,knn"
SHOWN = ("auroc", "recall_at_1", "false_alarms_at_1", "recall_at_5", "false_alarms_at_5")
SHOWN += ("recall_at_verdict", "false_alarms_at_verdict")


@dataclass(frozen=True)
class Source:
    """A polluted source, embedded."""

    samples: pd.DataFrame
    features: Features
    pollution: Pollution
    size: tuple[int, int]

    @property
    def labels(self) -> np.ndarray:
        """Of the images that are judged."""
        return self.samples["label"].to_numpy(int)[self.pollution.validation]

    def truth(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return the masks of some images."""
        masks = Masks(Path(self.samples.attrs["root"]))
        return [masks.truth(row) for row in self.samples.iloc[rows].itertuples()]


def source_of(name: str) -> Source:
    """List and embed a source, and set its pollutants aside."""
    samples, extractor, features = features_of(real_sources()[name])
    if name != "bottle":
        samples["split"] = "test"
        good = samples.index[samples["label"] == 0]
        samples.loc[good[np.arange(len(good)) % 3 > 0], "split"] = "train"
    if name == "tiles":
        root, is_bad = Path(samples.attrs["root"]), (samples["label"] == 1).to_numpy(bool)
        masks = [Path(path).with_suffix(".png").as_posix() for path in samples["image_path"]]
        there = is_bad & [(root / mask).is_file() for mask in masks]
        samples["mask_path"] = np.where(there, masks, None)
    return Source(samples, features, pollute(samples), extractor.size)


def detector_of(name: str):
    """Return a detector by its name, ``@all`` for all levels."""
    name, _, levels = name.partition("@")
    return create(name, levels=levels) if levels else create(name)


def judged(source: Source, pool: Pool, train: np.ndarray, **options) -> dict[str, float]:
    """Return AUROC and what is decided by a detector fitted on some rows."""
    of_training = pool.image_scores(train, train, leave_out="group", **options)
    scores = pool.image_scores(train, source.pollution.validation, **options)
    found = decisions(of_training, scores, source.labels)
    return {"auroc": auroc(source.labels, scores), **found}


def decision_rows(source: Source, name: str, n_seeds: int) -> Iterator[dict]:
    """Yield decisions at each level of pollution and seed, before and after refinement."""
    pool = pool_of(detector_of(name), source.features)
    for level in LEVELS:
        for seed in range(n_seeds):
            train, is_noise = source.pollution.training(level, seed)
            key = {"detector": name, "level": level, "seed": seed}
            yield {**key, "after": "nothing", **judged(source, pool, train)}
            keep = refine.keep("sroc", pool, train, reject=REJECT, leave_out="group")
            found = refinement(is_noise, ~keep)["recall"] if is_noise.any() else np.nan
            refined = judged(source, pool, train[keep])
            yield {**key, "after": f"sroc, {REJECT:.0%}", **refined, "found": found}
            if is_noise.any():
                yield {**key, "after": "the truth", **judged(source, pool, train[~is_noise])}


def outlined(source: Source, pool: Pool, train: np.ndarray, **options) -> dict[str, float]:
    """Return AUROC, what is decided at 5 %, and AU-PRO of a detector fitted on some rows."""
    score_maps = pool.score_map(train, source.pollution.validation, **options)
    found = judged(source, pool, train, **options)
    shown = {name: found[name] for name in ("auroc", "recall_at_5", "false_alarms_at_5")}
    return {**shown, "au_pro": outlines(source, score_maps)}


def outlines(source: Source, score_maps: np.ndarray) -> float:
    """Return the AU-PRO of score maps of the images that are judged."""
    truths = source.truth(source.pollution.validation)
    sizes = [truth.shape for truth in truths]
    maps = AnomalyMaps(score_maps, sizes, smoothing=4.0, network_size=source.size)
    return au_pro(truths, maps)


def place_rows(source: Source, pool: Pool, seed: int) -> Iterator[dict]:
    """Yield what a model for each place gives that is fitted to the kept cells of each place."""
    train, _ = source.pollution.training(REJECT, seed)
    scores = {
        "left-out maps": cells.cell_suspicion(pool, train),
        "density": cells.density_suspicion(pool.features, train),
    }
    known = pool.features.subset(train)
    query = cells.side_by_side(pool.features.subset(source.pollution.validation))
    for (what, suspicion), share in product(scores.items(), (0.1, 0.2, 0.3)):
        kept = cells.kept_cells(suspicion, reject=share, ranked="by place")
        fitted = replace(pool.detector, levels="all").fit(cells.without_cells(known, kept))
        image_scores, score_maps = fitted.score(query)
        of_images = {"auroc": auroc(source.labels, image_scores)}
        yield {"what": what, "cells": share, **of_images, "au_pro": outlines(source, score_maps)}


def cell_rows(source: Source, pool: Pool, seed: int) -> Iterator[dict]:
    """Yield how well defects are found cell by cell, and what training without cells gives.

    With all images, and with those alone that ``sroc`` keeps.
    """
    train, is_noise = source.pollution.training(REJECT, seed)
    truth = polluted_cells(source.truth(train), source.features.only(pool.features.names).grid())
    keep = refine.keep("sroc", pool, train, reject=REJECT, leave_out="group")
    scores = {
        "left-out maps": cells.cell_suspicion(pool, train),
        "density": cells.density_suspicion(pool.features, train),
    }
    nothing = {"what": "no cell", "cells": 0.0}
    yield {**nothing, "images": "all", **outlined(source, pool, train)}
    yield {**nothing, "images": "sroc", **outlined(source, pool, train[keep])}
    yield {**nothing, "images": "the truth", **outlined(source, pool, train[~is_noise])}
    for (what, suspicion), share in product(scores.items(), (0.05, 0.15)):
        kept = cells.kept_cells(suspicion, reject=share)
        row = {"what": what, "cells": share, **refinement(truth.ravel(), ~kept.ravel())}
        row["cell_auroc"] = auroc(truth.ravel(), suspicion.ravel())
        if pool.detector.drops_cells:
            all_images = outlined(source, pool, train, keep_cells=kept)
            some = outlined(source, pool, train[keep], keep_cells=kept[keep])
            yield {**row, "images": "all", **all_images}
            yield {**row, "images": "sroc", **some}
        else:
            yield {**row, "images": "all"}


def healing_rows(source: Source, pool: Pool, seed: int) -> Iterator[dict]:
    """Yield what healing does beside removal at the same share."""
    train, is_noise = source.pollution.training(REJECT, seed)
    keep = refine.keep("sroc", pool, train, reject=REJECT, leave_out="group")
    part, removed = healing.kept_part(pool, train[keep]), train[~keep]
    truth = polluted_cells(source.truth(removed), part.score_maps.shape[1:])
    yield {"nearest": "", "trained on": "kept", **outlined(source, pool, train[keep])}
    for nearest in healing.NEAREST:
        healed = healing.heal(pool, part, removed, nearest=nearest)
        accepted = healing.accepted(part, healed)
        before, after = healing.defect_energy(part, healed, truth)
        change = healing.change_of_kept(part, nearest=nearest)
        row = {
            "nearest": nearest,
            "accepted": accepted.mean(),
            "energy": np.nanmedian(after / before),
            "fell": np.nanmean((after < before)[is_noise[~keep]]),
            "replaced": healed.replaced.mean(),
            "control": change.max(),
        }
        wider = pool_of(pool.detector, healed.features)
        for name, rows in (("accepted", healed.rows[accepted]), ("all healed", healed.rows)):
            on = outlined(source, wider, np.append(train[keep], rows))
            yield {**row, "trained on": f"kept + {name}", **on}


def printed(rows: list[dict], keys: list[str]) -> None:
    """Print means over seeds."""
    table = pd.DataFrame(rows).drop(columns=["seed"], errors="ignore")
    means = table.groupby(keys, sort=False).mean()
    sys.stdout.write(means.round(3).to_string() + "\n\n")
    sys.stdout.flush()


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="bottle")
    parser.add_argument("--detectors", default=DETECTORS)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--healing", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    source = source_of(given.source)
    for name in given.detectors.split(","):
        start = time.perf_counter()
        print(f"{given.source}, {name}, {given.seeds} seeds")
        if given.healing:
            pool = pool_of(detector_of(name), source.features)
            of_cells = [r for seed in range(given.seeds) for r in cell_rows(source, pool, seed)]
            printed(of_cells, ["what", "cells", "images"])
            if pool.detector.name == "padim":
                of_places = [
                    r for seed in range(given.seeds) for r in place_rows(source, pool, seed)
                ]
                printed(of_places, ["what", "cells"])
            healed = [r for seed in range(given.seeds) for r in healing_rows(source, pool, seed)]
            printed(healed, ["nearest", "trained on"])
        else:
            rows = list(decision_rows(source, name, given.seeds))
            printed(rows, ["detector", "level", "after"])
        print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
