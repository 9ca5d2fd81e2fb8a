"""Do order statistics over images, and means over cells, rank polluted folders better?

    python tests/benchmarks/bench_orders.py [DRAWS] [LEVELS]

``a_p(j)`` is the distance of cell p to the nearest cell of image j, another than its own. The score
of a cell is its k-th smallest over j (k = 1 is ``patchcore``, each image left out), or the mean of
the lowest 30 %; that of an image is the highest of its cells, or the mean of the highest 1 %.
Folders are drawn as in ``bench_truth.py``, with 5, 10 and 20 % of defects. Printed is the mean
AUROC of each source beside that of ``padim_all_levels``, the setting that is preferred where
planted defects tell none apart. Defects are planted one by one: they cannot tell what helps where
defects repeat, so a setting must be better on average over sources to be worth its time.
"""

import sys
import warnings

import numpy as np
import pandas as pd
import torch
from bench_truth import SHARES, draw, drawn_sources, features_of, real_sources

from anomalylab.compute.locally_aware import neighbourhood_mean
from anomalylab.detectors import create
from anomalylab.features import Features
from anomalylab.metrics import auroc

SOURCES = ("boards", "bottle", "tiles", "elpv", "part")
N_IMAGES = 80
ORDERS = {"k = 1": 1, "k = 3": 3, "lowest 30 %": None}
LOWEST = 0.3
HIGHEST = 0.01


def to_images(cells: np.ndarray) -> np.ndarray:
    """Return the distance of each cell to each image, (n, n_cells, n); to its own: infinite."""
    bank = torch.from_numpy(cells)
    n_images, n_cells, _ = bank.shape
    flat = bank.reshape(n_images * n_cells, -1)
    squares = (flat**2).sum(dim=1)
    found = np.empty((n_images, n_cells, n_images), np.float32)
    for i, image in enumerate(bank):
        products = squares - 2 * image @ flat.T + (image**2).sum(dim=1, keepdim=True)
        nearest = products.reshape(n_cells, n_images, n_cells).amin(dim=2)
        found[i] = nearest.clamp(min=0).sqrt().numpy()
        found[i, :, i] = np.inf
    return found


def image_scores(distances: np.ndarray) -> dict[str, np.ndarray]:
    """Return image scores by the name of the order statistic and of what is made of cells."""
    ordered = np.sort(distances, axis=2)
    n_lowest = max(1, round(LOWEST * (len(distances) - 1)))
    scores = {}
    for name, k in ORDERS.items():
        cells = ordered[:, :, :n_lowest].mean(axis=2) if k is None else ordered[:, :, k - 1]
        highest = np.sort(cells, axis=1)
        n_highest = max(1, round(HIGHEST * cells.shape[1]))
        scores[f"{name}, highest"] = highest[:, -1]
        scores[f"{name}, mean of 1 %"] = highest[:, -n_highest:].mean(axis=1)
    return scores


def of_draw(known, share: float, seed: int, levels: str | None) -> dict[str, float]:
    """Return the AUROC of every score on one folder."""
    samples, _, features = known
    rng = np.random.default_rng([seed, int(100 * share)])
    rows = draw(samples, N_IMAGES, share, rng)[0]
    truth = (samples["label"].to_numpy(float)[rows] == 1).astype(int)
    some = features.subset(rows)
    used = create("patchcore", levels=levels).chosen_levels(some.shapes)
    pooled = Features({name: neighbourhood_mean(some.level(name)) for name in used})
    cells = pooled.aligned(interpolation="bilinear")
    scores = image_scores(to_images(cells.reshape(len(cells), -1, cells.shape[-1])))
    scores["padim_all_levels"] = create("padim_all_levels").fit(some).training_scores()[0]
    return {name: auroc(truth, of_image) for name, of_image in scores.items()}


def main(n_draws: int = 2, levels: str | None = None) -> None:
    """Print mean AUROC by source."""
    warnings.simplefilter("ignore")
    sources = real_sources() | drawn_sources()
    rows = {}
    for source in SOURCES:
        known = features_of(sources[source])
        draws = [
            of_draw(known, share, seed, levels) for share in SHARES[1:] for seed in range(n_draws)
        ]
        rows[source] = pd.DataFrame(draws).mean()
        print(f"{source} done", flush=True)
    table = pd.DataFrame(rows).T
    print(pd.concat([table, table.mean().to_frame("mean").T]).round(3).to_string())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
