"""The live view of twins: from a dial to the first twins, and from a click to the heat of an image.

Run ``python tests/benchmarks/bench_twins.py [DATA]``, DATA being a folder of images of one product;
without it built-in images are written first. A short training by lite0 comes before the heat. Times
are those of the callbacks on the server, what the browser takes to draw is not in them; beside them
the processor's time, which other programs do not lengthen.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from anomalylab import synthesise
from anomalylab.apps.twins.app import TwinsApp
from anomalylab.apps.twins.heat import large_words
from anomalylab.datasets.textures import make_textures
from anomalylab.synthesise.twin import TwinOptions, twin

LIMITS = {"dial": 100, "heat": 300}
"""Milliseconds."""

TURNS = {
    "width": [(1, width) for width in range(2, 14)],
    "contrast": [0.1 * step for step in range(1, 10)],
    "place": ["on-blob", "on-edge", "anywhere"] * 3,
    "kind": [*synthesise.registry, "line"],
}


def median_of(function, arguments) -> tuple[float, float]:
    """Return the median milliseconds of some calls, by the clock and of the processor."""
    times = []
    for argument in arguments:
        wall, cpu = time.perf_counter(), time.process_time()
        function(argument)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = 1e3 * np.median(times, axis=0)
    return float(wall), float(cpu)


def told(what: str, times: tuple[float, float], limit: int | None = None) -> None:
    """Print a line."""
    word = "" if limit is None else f", {'within' if times[0] <= limit else 'BEYOND'} {limit} ms"
    print(f"{what:44}{times[0]:8.1f} ms, processor {times[1]:7.1f} ms{word}")


def turned(app: TwinsApp) -> None:
    """Measure what a turn of each dial takes until the twins are on their way to the browser."""
    judge, app._judge = app._judge, lambda *_: None  # a page waits with it until the dials rest
    for name, values in TURNS.items():
        times = median_of(lambda value, name=name: setattr(app.state, name, value), values)
        told(f"turn of {name!r}, six twins drawn anew", times, LIMITS["dial"])
    app._judge = judge


def painted(image: np.ndarray) -> None:
    """Measure one twin of each kind."""
    for kind in synthesise.registry:
        options = TwinOptions(kind=kind)
        told(
            f"one twin, {kind}", median_of(lambda seed, o=options: twin(image, o, seed), range(20))
        )


def heated(app: TwinsApp) -> None:
    """Train a little, then measure the heat of images that were not seen before."""
    app.state.param.update(kind="brush", place="anywhere", n_images=24, epochs=1)
    start = time.perf_counter()
    app.state.begin()
    app.state.bench.wait()
    app.poll()
    print(f"both trained, 24 images, 1 epoch: {time.perf_counter() - start:.0f} s")
    judge, shown = app.state.trained.judge, list(app._shown)
    fresh = [one._replace(image=255 - one.image) for one in shown]
    for of in ("logit", "distance"):
        images = [np.roll(one.image, 1 + (of == "logit"), axis=0)[None] for one in fresh]
        heat = median_of(lambda image, of=of: judge.heat(image, of), images)
        told(f"heat of one image, {of}", heat, LIMITS["heat"])
    both = median_of(lambda one: large_words(app.state, one), fresh)
    told("click: heat of both trainings, four pictures", both)


def main() -> None:
    """Print times."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ANOMALYLAB_CACHE"] = str(Path(folder) / "cache")
        numbers = {"n_train": 32, "n_test_good": 2, "n_test_defect": 5}
        built_in = Path(folder) / "images"
        data = Path(sys.argv[1]) if len(sys.argv) > 1 else make_textures(built_in, **numbers)
        app = TwinsApp(data)
        print(f"{app.state.material.name}, one thread, load {os.getloadavg()[0]:.1f}")
        painted(app.state.material.image(int(app.state.material.learn[0])))
        turned(app)
        heated(app)


if __name__ == "__main__":
    main()
