"""Kinds of images in one folder: how often several are said where there are two, or one.

    ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_kinds.py [--draws N]

Folders are drawn from the sources of ``bench_truth.py`` and from small sets of MVTec AD; images are
embedded at the size that a run of their folder would take, which keeps the shape of most of them,
and kept in the cache. Of one kind: 100 images of a source (50
of small ones), clean and with 10 and 20 % of defects. Of two: 60 and 60 images of two sources, 90
and 20, and both with a tenth of defects. ``right`` means that no kind holds images of both. The
solar cells are no source of one kind: 30 of the 297 good ones are cells without printed bars.

The least distance is chosen on all sources but one, halfway (geometric mean) between the largest
distance of clusters in folders of one kind and the least one of two sources, and stated on the
folders that hold the one left out. Then halves of one source are changed, to see which other light
or pose counts as a kind.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

import bench_truth

from anomalylab import datasets, extractors
from anomalylab.compute import clusters
from anomalylab.images.read import read_image
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shape import create_extractor

SMALL = ("hazelnut", "transistor")
OF_TWO_KINDS = "elpv"
SHARES = (0.0, 0.1, 0.2)
SPLITS = ((60, 60, 0.0), (60, 60, 0.1), (90, 20, 0.0), (20, 90, 0.0))
CHANGED = ("bottle", "tiles", "boards", "part", "fabric")
N_CHANGED = 40

CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "a little darker (x 0.85)": lambda image: (image * 0.85).astype(np.uint8),
    "darker (x 0.65)": lambda image: (image * 0.65).astype(np.uint8),
    "warmer light": lambda image: np.clip(image * [1.1, 1, 0.85], 0, 255).astype(np.uint8),
    "mirrored": lambda image: image[:, ::-1],
    "turned by 90 degrees": lambda image: np.rot90(image),
    "nearer (x 1.25)": lambda image: image[_inner(image.shape[0]), _inner(image.shape[1])],
}


class Source:
    """Images of a source, embedded when they are drawn."""

    def __init__(self, samples: pd.DataFrame):
        self.samples, self.root = samples, Path(samples.attrs["root"])
        self.label = samples["label"].to_numpy(float)
        self.paths = [self.root / path for path in samples["image_path"][self.label == 0]]
        self.known: dict[object, dict[int, list[np.ndarray]]] = {}

    def pooled(self, rows: np.ndarray, extractor) -> list[np.ndarray]:
        """Return each level of some images, averaged over the image."""
        known = self.known.setdefault(extractor.size, {})
        missing = [row for row in rows if row not in known]
        if missing:
            made = pooled(self.samples.iloc[missing].reset_index(drop=True), self.root, extractor)
            known |= dict(zip(missing, zip(*made, strict=True), strict=True))
        return [np.stack(level) for level in zip(*(known[row] for row in rows), strict=True)]

    def rows(self, n: int, share: float, rng: np.random.Generator) -> np.ndarray:
        good, bad = (rng.permutation(np.flatnonzero(self.label == k)) for k in (0, 1))
        n_bad = min(round(share * n), len(bad))
        return np.append(good[: n - n_bad], bad[:n_bad])


class Folder(NamedTuple):
    """What is known of a drawn folder: its sources, and all that was proposed for it."""

    sources: tuple[str, ...]
    what: str
    proposals: list[tuple[bool, float, float]]  # are kinds of one source each, distance, gap

    def said(self, least: float) -> tuple[bool, bool]:
        """Return whether several kinds are said, and whether they are right."""
        for is_right, distance, gap in self.proposals:
            if distance >= least and gap >= clusters.LEAST_GAP:
                return True, is_right
        return False, False

    @property
    def distance(self) -> float:
        """The largest distance of clusters with a gap between."""
        far = [d for _, d, gap in self.proposals if gap >= clusters.LEAST_GAP]
        return max(far, default=0.0)


def _inner(n: int) -> slice:
    return slice(round(0.1 * n), n - round(0.1 * n))


def pooled(samples: pd.DataFrame, root: Path, extractor) -> list[np.ndarray]:
    """Embed images, all of which can be read, and average each level over the image."""
    features = extractors.extract(samples, root, extractor, progress=False).features
    return [features.pooled([name]) for name in features.stored]


def extractor_of(samples: pd.DataFrame):
    """Return the network at the size that a run of these images would take."""
    return create_extractor(DetectRequest(data=None), samples)


def sources() -> dict[str, Source]:
    """List all sources that are there."""
    tables = bench_truth.real_sources() | bench_truth.drawn_sources()
    data = Path(os.environ.get("ANOMALYLAB_DATA", "/nowhere")) / "mvtec_reduced"
    for name in SMALL:
        if (data / f"{name}_reduced").is_dir():
            tables[name] = datasets.load("mvtec_ad", data / f"{name}_reduced")
            tables[name].attrs.setdefault("root", str(data / f"{name}_reduced"))
    return {name: Source(table) for name, table in tables.items()}


def folder(known: dict[str, Source], parts: dict[str, tuple[int, float]], what: str, rng) -> Folder:
    """Draw a folder of ``name -> (images, share of defects)``, and propose kinds."""
    rows = {name: known[name].rows(n, share, rng) for name, (n, share) in parts.items()}
    drawn = [known[name].samples.iloc[rows[name]] for name in parts]
    extractor = extractor_of(pd.concat(drawn, ignore_index=True))
    columns = zip(*(known[name].pooled(rows[name], extractor) for name in parts), strict=True)
    levels = [np.concatenate(column) for column in columns]
    truth = np.repeat(range(len(parts)), [len(rows[name]) for name in parts])
    return Folder(tuple(parts), what, list(proposed(levels, truth)))


def proposed(levels: list[np.ndarray], truth: np.ndarray) -> Iterator[tuple[bool, float, float]]:
    """Propose kinds, and say whether each is of one source."""
    for number, distance, gap in clusters.proposals(clusters.standardised(levels)):
        is_right = all(len(set(truth[number == kind])) == 1 for kind in set(number))
        yield is_right, distance, gap


def drawn(known: dict[str, Source], n_draws: int, rng) -> list[Folder]:
    """Draw folders of one source and of two."""
    found = []
    for name in known:
        n = 50 if name in SMALL else 100
        for share in SHARES:
            draws = [{name: (n, share)}] * n_draws
            found += [folder(known, parts, f"{share:.0%}", rng) for parts in draws]
    for one, other in combinations(known, 2):
        for n, m, share in SPLITS:
            parts = {one: (n, share), other: (m, share)}
            what = f"{n} + {m}, {share:.0%}" if n >= m else "90 + 20, 0%"
            found += [folder(known, parts, what, rng) for _ in range(max(1, n_draws // 5))]
    return found


def rates(folders: list[Folder], least: float) -> str:
    """Write in how many folders kinds are said, and rightly."""
    said = [one.said(least) for one in folders]
    n_said, n_right = sum(s for s, _ in said), sum(r for _, r in said)
    words = f"{n_said:4d} of {len(said):4d} ({n_said / len(said):.2f})"
    return words + (f", right {n_right}" if len(folders[0].sources) > 1 else "")


def chosen(folders: list[Folder]) -> tuple[float, float, float]:
    """Return the largest distance in one kind, the least of two, and the constant between."""
    one = max(f.distance for f in folders if len(f.sources) == 1)
    two = min(f.distance for f in folders if len(f.sources) == 2)
    return one, two, float(np.sqrt(max(one, 1) * two))


def changed(source: Source, change: Callable) -> Folder:
    """Propose kinds of good images of which half are changed."""
    half = N_CHANGED
    step = max(1, len(source.paths) // (2 * half))
    paths = source.paths[::step][: 2 * half]
    with tempfile.TemporaryDirectory() as place:
        for number, path in enumerate(paths):
            image = read_image(path)
            image = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
            shown = change(image) if number % 2 else image
            Image.fromarray(np.ascontiguousarray(shown)).save(Path(place) / f"{number:03d}.png")
        samples = datasets.load("folder", Path(place))
        levels = pooled(samples, Path(place), extractor_of(samples))
    truth = np.arange(len(paths)) % 2
    return Folder(("unchanged", "changed"), "", list(proposed(levels, truth)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10, help="folders of each sort (%(default)s)")
    n_draws, least = parser.parse_args().draws, clusters.LEAST_DISTANCE
    known, rng = sources(), np.random.default_rng(0)
    start = time.process_time()
    folders = drawn(known, n_draws, rng)
    print(f"least distance {least}, least gap {clusters.LEAST_GAP}; {len(folders)} folders")
    single = [f for f in folders if len(f.sources) == 1]
    for name in known:
        for share in SHARES:
            of = [f for f in single if f.sources == (name,) and f.what == f"{share:.0%}"]
            print(f"one   {name:12s}{share:5.0%} of defects {rates(of, least)}", flush=True)
    single = [f for f in single if f.sources != (OF_TWO_KINDS,)]
    for share in SHARES:
        of = [f for f in single if f.what == f"{share:.0%}"]
        print(f"one   all but elpv{share:5.0%} of defects {rates(of, least)}")
    double = [f for f in folders if len(f.sources) == 2]
    for what in dict.fromkeys(f.what for f in double):
        print(f"two   {what:16s} {rates([f for f in double if f.what == what], least)}")
    print("\nleft out     one up to  two from  chosen  one said there        two said there")
    for name in [name for name in known if name != OF_TWO_KINDS]:
        here = [f for f in single + double if name in f.sources]
        one, two, limit = chosen([f for f in single + double if name not in f.sources])
        of_one, of_two = ([f for f in here if len(f.sources) == n] for n in (1, 2))
        words = f"{rates(of_one, limit)}   {rates(of_two, limit)}"
        print(f"{name:12s}{one:9.2f}{two:10.2f}{limit:8.2f}  {words}")
    one, two, limit = chosen(single + double)
    print(f"{'none':12s}{one:9.2f}{two:10.2f}{limit:8.2f}")
    print(f"\n{time.process_time() - start:.0f} CPU seconds for all folders\n")
    for words, change in CHANGES.items():
        told = []
        for name in [name for name in CHANGED if name in known]:
            found = changed(known[name], change)
            is_said, is_right = found.said(least)
            said = "" if not is_said else " said" if is_right else " said, wrong"
            told.append(f"{name} {found.distance:.2f}{said}")
        print(f"{words:26s}{', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
