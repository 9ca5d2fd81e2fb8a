"""The explorer of PC space: from opening to the first picture, zoom and selection.

Run ``python tests/benchmarks/bench_pc_app.py [RUN]``, RUN being what the recipe kolektor wrote;
without it 90 images of 630 x 230 pixels are generated and the recipe is run on them first. Times
are those of the callbacks on the server, what the browser takes to draw is not in them; beside
them the processor's time, which other programs do not lengthen.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import holoviews as hv
import numpy as np
import panel as pn
from holoviews.operation.datashader import rasterize
from PIL import Image
from scipy import ndimage

from anomalylab.apps.pc_space.app import PCSpaceApp
from anomalylab.apps.pc_space.state import MOST_IMAGES, SEVERAL
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run
from anomalylab.runs.folder import Run

N_IMAGES = {"train": (66, 8), "test": (8, 8)}
"""Normal and defective ones."""

N_REPEATS = 9


def write_images(folder: Path) -> Path:
    """Write a noisy surface a file in the layout of KolektorSDD2, some with a dark line."""
    rng = np.random.default_rng(0)
    for split, (n_normal, n_defective) in N_IMAGES.items():
        (folder / split).mkdir(parents=True)
        for number in range(n_normal + n_defective):
            noise = ndimage.gaussian_filter(rng.normal(size=(630, 230)), 2)
            image, mask = 128 + 25 * noise / noise.std(), np.zeros((630, 230), bool)
            if number >= n_normal:
                mask[300:306, 60:200] = True
                image[mask] = 20
            pixels = np.clip(image[..., None] * [1.0, 0.9, 0.8], 0, 255).astype(np.uint8)
            name = f"{10000 + number}"
            Image.fromarray(pixels).save(folder / split / f"{name}.png")
            Image.fromarray(mask.astype(np.uint8) * 255).save(folder / split / f"{name}_GT.png")
    return folder


def make_run(folder: Path) -> Run:
    """Write images and run the recipe on them."""
    data = write_images(folder / "data")
    return run(PCSpaceRequest(data=data, windows=(25,)), folder / "run")


def median_of(function, *argument_lists) -> tuple[float, float]:
    """Return the median milliseconds of some calls, by the clock and of the processor."""
    times = []
    for arguments in argument_lists:
        wall, cpu = time.perf_counter(), time.process_time()
        function(*arguments)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = 1e3 * np.median(times, axis=0)
    return float(wall), float(cpu)


def open_page(pc: PCSpace, **state) -> tuple[PCSpaceApp, tuple[float, float]]:
    """Open the app as a page, with nothing held from before; return it and the milliseconds.

    What a page puts off until it is loaded, the small clouds, is not waited for.
    """
    pc._clouds.clear()
    wall, cpu = time.perf_counter(), time.process_time()
    with mock.patch.object(pn.state, "onload"):
        app = PCSpaceApp(pc)
        app.state.param.update(**state)
        app.page().get_root()
    return app, (1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu))


def zoom(app: PCSpaceApp, share: float) -> None:
    """Do what the browser makes the server do when the reader zooms."""
    left, bottom, right, top = (share * edge for edge in app.cloud.bounds)
    streams = [s for s in app.cloud.points.streams if isinstance(s, hv.streams.RangeXY)]
    streams[0].event(x_range=(left, right), y_range=(bottom, top))


def zoom_by_holoviews(app: PCSpaceApp, share: float) -> None:
    """Count the same points by HoloViews' own operation, without drawing them."""
    left, bottom, right, top = (share * edge for edge in app.cloud.bounds)
    points = hv.Points(app.linked.shown.points(app.state.x, app.state.y), ["x", "y"])
    ranges = {"x_range": (left, right), "y_range": (bottom, top)}
    rasterize(points, dynamic=False, width=640, height=640, **ranges)


def boxes(app: PCSpaceApp) -> list[tuple]:
    """Return boxes of several places and sizes in the cloud."""
    half = app.cloud.bounds[2]
    return [((-half, -half, half * (k - 4) / 5, half),) for k in range(N_REPEATS)]


def report(what: str, times: tuple[float, float], target: int) -> None:
    """Print one line."""
    print(f"{what:<52}{times[0]:7.0f} ms, processor {times[1]:6.0f} ms (target {target})")


def measure(pc: PCSpace) -> None:
    """Print the times that a reader waits."""
    pn.extension()
    PCSpaceApp(pc).warm_up()
    shares = [(share,) for share in np.linspace(0.1, 1.2, N_REPEATS)]
    app, times = open_page(pc)
    height, width = app.image.size
    print(f"one image, {height} x {width}, {app.linked.shown.n_windows} windows, load")
    print(f"{os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    report("opening to first picture", times, 2000)
    report("zoom, drawn anew", median_of(lambda s: zoom(app, s), *shares), 250)
    report(
        "box in the cloud to windows lit up, all views",
        median_of(app.cloud.take_box, *boxes(app)),
        150,
    )
    taps = [(width / 2, height * (k + 1) / 12) for k in range(N_REPEATS)]
    report(
        "click in the image to points lit up, all views", median_of(app.image.take_tap, *taps), 150
    )
    several = {"of": SEVERAL[0], "n_images": MOST_IMAGES}
    app, times = open_page(pc, **several)
    print(f"{len(app.linked.shown.clouds)} images, {app.linked.shown.n_windows} windows")
    report("opening to first picture", times, 2000)
    ours = median_of(lambda s: zoom(app, s), *shares)
    report("zoom, drawn anew", ours, 250)
    theirs = median_of(lambda s: zoom_by_holoviews(app, s), *shares)
    report("counted by HoloViews' rasterize, not drawn", theirs, 250)
    report(
        "box in the cloud to windows lit up, all views",
        median_of(app.cloud.take_box, *boxes(app)),
        150,
    )


def main() -> None:
    """Measure a run that was given, or one that is made for it."""
    if len(sys.argv) > 1:
        measure(PCSpace(Run(sys.argv[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(PCSpace(make_run(Path(folder))))


if __name__ == "__main__":
    main()
