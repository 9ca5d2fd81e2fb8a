"""The whole recipe with fixed parameters on 160 images of 230 x 580 pixels, from an empty cache.

Run ``python tests/benchmarks/bench_kolektor.py``. It prints where the seconds go, an image and a
step, and what the steps that grow with the images would take on the 3 335 images of KolektorSDD2
(2 085 normal training images), on the threads of this machine.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from anomalylab.compute.threads import n_threads

HEIGHT, WIDTH = 580, 230
N_TRAIN, N_TEST, N_DEFECTIVE = 104, 56, 10
N_KOLEKTOR, N_KOLEKTOR_NORMAL = 3335, 2085
FIXED = ("odds and random forest",)
"""Steps that do not grow in proportion to the images; left as they are."""


def board(rng: np.random.Generator, is_defective: bool) -> tuple[np.ndarray, np.ndarray]:
    """Draw a surface, uint8 (height, width, 3), with a dark line if defective, and its mask."""
    noise = ndimage.gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), 1.2, mode="wrap")
    image = 128 + 20 * noise / noise.std()
    mask = np.zeros((HEIGHT, WIDTH), bool)
    if is_defective:
        top = int(rng.integers(40, HEIGHT - 60))
        mask[top : top + 8, 40:180] = True
        image[mask] -= 90
    grey = np.clip(image, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2), mask


def write(folder: Path) -> None:
    """Write the images in the layout of KolektorSDD2."""
    rng = np.random.default_rng(0)
    for split, n_images in (("train", N_TRAIN), ("test", N_TEST)):
        (folder / split).mkdir(parents=True)
        for number in range(n_images):
            image, mask = board(rng, number < N_DEFECTIVE)
            path = folder / split / f"{10000 + number}.png"
            Image.fromarray(image).save(path)
            truth = Image.fromarray(np.where(mask, 255, 0).astype(np.uint8))
            truth.save(path.with_name(f"{path.stem}_GT.png"))


def main() -> None:
    """Print the table of the steps."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["ANOMALYLAB_CACHE"] = str(folder / "cache")
        from anomalylab.recipes.pc_space.request import PCSpaceRequest
        from anomalylab.recipes.pc_space.run import run

        write(folder / "data")
        finished = run(PCSpaceRequest(data=folder / "data"), folder / "run")
        timings = finished.table("timings")
    print(f"{n_threads()} threads, load {os.getloadavg()[0]:.1f}, {finished.verdict}")
    print(
        f"{'step':32s}{'images':>8s}{'seconds':>9s}{'CPU s':>8s}{'ms/image':>10s}{'scaled s':>10s}"
    )
    total = 0.0
    for row in timings.itertuples():
        n_scaled = (
            N_KOLEKTOR_NORMAL
            if row.step.startswith("PC space") or row.step.endswith("left out")
            else N_KOLEKTOR
        )
        factor = 1.0 if row.step in FIXED else n_scaled / row.n_images
        total += row.seconds * factor
        print(
            f"{row.step:32s}{row.n_images:8d}{row.seconds:9.2f}{row.cpu_seconds:8.2f}"
            f"{1000 * row.seconds / row.n_images:10.1f}{row.seconds * factor:10.1f}"
        )
    seconds = timings["seconds"].sum()
    print(f"all of it: {seconds:.1f} s, {1000 * seconds / (N_TRAIN + N_TEST):.0f} ms an image")
    print(f"extrapolated to KolektorSDD2: {total / 60:.1f} minutes (to stay under 12)")
    print(f"peak resident memory: {timings['peak_mib'].max():.0f} MiB")


if __name__ == "__main__":
    main()
