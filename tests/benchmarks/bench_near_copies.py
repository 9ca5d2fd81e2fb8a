"""Near copies: false pairs among different images, and made copies that are found, by source.

Run ``ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_near_copies.py [SOURCE ...]``; sources
that FOLDER does not hold are left out; ``textures`` are built in, ``parts`` a folder of small
drawings of ours. Of each source
12 images are copied in each way. ``thrice`` is another folder: each image and two copies of it. The
last table chooses the two constants on all sources but one, and states that one.
"""

import io
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from anomalylab import datasets
from anomalylab.compute import near_copies
from anomalylab.images.read import read_image
from anomalylab.pictures.small_grey import small_grey

N_COPIED = 12
N_FRAMES = 8
OF_OWN, OF_USUAL = (1.25, 1.5, 2, 2.5), (0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
PATTERNS = {
    "parts": "parts/p*.png",
    "bottle": "mvtec_ad/bottle/train/good/*.png",
    "tiles": "magnetic_tile/MT_Free/Imgs/*.jpg",
    "boards": "kolektor_in_ksdd2_layout/train/*[0-9].png",
    "elpv": "elpv_mono/images/*.png",
    "hazelnut": "mvtec_reduced/hazelnut_reduced/train/good/*.png",
    "transistor": "mvtec_reduced/transistor_reduced/train/good/*.png",
}
MOST_IMAGES = 400
COST_OF_A_PAIR = 0.002
TRUE_COPIES = ("bottle", "tiles")
"""Sources whose pairs, looked at, show one object twice: a bottle, and tiles under other light."""


def noisy(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photograph anew: noise of two grey levels."""
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def moved(image: np.ndarray, down: float, right: float) -> np.ndarray:
    """Move a crop; what comes in repeats the border."""
    shifted = ndimage.shift(image.astype(np.float32), (down, right, 0), order=1, mode="nearest")
    return np.clip(shifted, 0, 255).astype(np.uint8)


def as_jpeg(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Save as JPEG of quality 85."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=85)
    return np.asarray(Image.open(content).convert("RGB"))


def again(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photograph the same part again: turned by 0.2 degrees, moved, with noise and other light."""
    turned = ndimage.rotate(image.astype(np.float32), 0.2, reshape=False, order=1, mode="nearest")
    return noisy(moved(turned, *rng.uniform(-1, 1, 2)) * 0.99, rng)


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "noise": noisy,
    "moved 1": lambda image, rng: moved(image, *rng.choice([-1, 1], 2)),
    "moved 2": lambda image, rng: moved(image, *rng.choice([-2, 2], 2)),
    "lighter": lambda image, rng: np.clip(image * 1.02, 0, 255).astype(np.uint8),
    "JPEG 85": as_jpeg,
    "again": again,
}


def video(image: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return frames that drift by up to a pixel each, with noise and a flicker of 1 %."""
    way = np.cumsum(rng.uniform(-1, 1, (N_FRAMES, 2)), axis=0)
    return [noisy(moved(image, *by) * rng.uniform(0.99, 1), rng) for by in way]


def paths_of(source: str, data: Path) -> list[Path]:
    """Return the good images of a source."""
    if source == "textures":
        samples = datasets.load("textures", None)
        good = samples[(samples["split"] == "train") & (samples["label"] != 1)]
        return [Path(samples.attrs["root"]) / path for path in good["image_path"]]
    return sorted(data.glob(PATTERNS[source]))[:MOST_IMAGES]


def seen(images: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return small pictures and own residuals."""
    with ThreadPoolExecutor(2) as pool:
        pictures, own = zip(*pool.map(small_grey, images), strict=True)
    return np.stack(pictures), np.array(own)


def small(path: Path) -> tuple[np.ndarray, float]:
    """Return what :func:`small_grey` makes of a file."""
    return small_grey(read_image(path))


class Source:
    """A source and copies made of it."""

    def __init__(self, paths: list[Path]):
        with ThreadPoolExecutor(2) as pool:
            pictures, own = zip(*pool.map(small, paths), strict=True)
        self.paths, self.clean = paths, (np.stack(pictures), np.array(own))
        self.rows = np.arange(0, len(paths), max(1, len(paths) // N_COPIED))[:N_COPIED]
        rng = np.random.default_rng(0)
        self.made: dict[str, list[list[np.ndarray]]] = {kind: [] for kind in [*KINDS, "video"]}
        for row in self.rows:
            image = read_image(paths[row])
            for kind, make in KINDS.items():
                self.made[kind].append([make(image, rng)])
            self.made["video"].append(video(image, rng))
        self.copies = {
            kind: seen([copy for copies in made for copy in copies])
            for kind, made in self.made.items()
        }
        del self.made

        rows, apart = self.rows, [self.copies["again"], self.copies["moved 1"]]
        folders = {kind: _joined([self.clean, made]) for kind, made in self.copies.items()}
        folders["thrice"] = _joined([[part[rows] for part in self.clean], *apart])
        self.own = {name: own for name, (_, own) in folders.items()} | {"": self.clean[1]}
        self.pairs = {name: near_copies.compared(made) for name, (made, _) in folders.items()}
        self.pairs[""] = near_copies.compared(self.clean[0])

    def false_pairs(self) -> near_copies.Pairs:
        """Return the pairs found among the images themselves."""
        return near_copies.chosen(self.pairs[""], self.own[""])

    def recall(self, kind: str) -> float:
        """Return the share of copies that are linked with their image, or with the frame before."""
        pairs = near_copies.chosen(self.pairs[kind], self.own[kind])
        numbers = near_copies.linked(len(self.own[kind]), pairs.first, pairs.second)
        n_copied = len(self.rows)
        if kind == "thrice":
            of_image = numbers.reshape(3, n_copied)
            return float((of_image[0] == of_image[1:]).mean())
        copies = np.arange(len(self.paths), len(numbers)).reshape(n_copied, -1)
        chains = np.column_stack([self.rows, copies])
        hits = [numbers[a] == numbers[b] for chain in chains for a, b in pairwise(chain)]
        return float(np.mean(hits))


def _joined(parts) -> list[np.ndarray]:
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def choose(sources: dict[str, Source]) -> None:
    """Choose on all sources but one: a false pair costs a little of the mean recall."""
    standing = near_copies.MOST_OF_OWN, near_copies.MOST_OF_USUAL
    table = {}
    for pair in product(OF_OWN, OF_USUAL):
        near_copies.MOST_OF_OWN, near_copies.MOST_OF_USUAL = pair
        for name, source in sources.items():
            recall = np.mean([source.recall(kind) for kind in source.pairs if kind])
            n_false = 0 if name in TRUE_COPIES else len(source.false_pairs().first)
            table[pair, name] = n_false, recall
    near_copies.MOST_OF_OWN, near_copies.MOST_OF_USUAL = standing
    pairs = list(product(OF_OWN, OF_USUAL))

    def value(pair, names):
        recall = np.mean([table[pair, name][1] for name in names])
        return round(recall, 3) - COST_OF_A_PAIR * sum(table[pair, name][0] for name in names)

    print(
        "\nchosen without  of own  of usual  pairs there  mean recall there  shipped: pairs, recall"
    )
    for left_out in sources:
        best = max(pairs, key=lambda pair: value(pair, set(sources) - {left_out}))
        told = [best, *table[best, left_out], *table[standing, left_out]]
        print("{:14s}{:8}{:10}{:13}{:19.3f}{:15}{:8.3f}".format(left_out, *told[0], *told[1:]))
    print("\nof own  of usual  pairs in all  mean recall  least recall  value")
    for pair in pairs:
        n_pairs, recalls = zip(*(table[pair, name] for name in sources), strict=True)
        numbers = sum(n_pairs), np.mean(recalls), min(recalls), value(pair, sources)
        print("{:6}{:10}{:14}{:13.3f}{:14.3f}{:7.3f}".format(*pair, *numbers))


def main() -> None:
    """Print both tables."""
    data = Path(os.environ.get("ANOMALYLAB_DATA", "data"))
    kinds = [*KINDS, "video", "thrice"]
    print("source      images pairs " + " ".join(f"{kind:>8s}" for kind in kinds))
    sources = {}
    for name in sys.argv[1:] or ["textures", *PATTERNS]:
        paths = paths_of(name, data)
        if not paths:
            continue
        source = sources[name] = Source(paths)
        pairs = source.false_pairs()
        shares = [source.recall(kind) for kind in kinds]
        words = " ".join(f"{share:8.2f}" for share in shares)
        print(f"{name:12s}{len(paths):6d}{len(pairs.first):6d} {words}", flush=True)
        for first, second, found in sorted(zip(*pairs, strict=True), key=lambda p: p[2])[:6]:
            print(f"    {paths[first].name} {paths[second].name} {found:.4f}")
    choose(sources)


if __name__ == "__main__":
    main()
