"""A run over images it knows loads none of the heavy libraries."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

HEAVY = [
    *("torch", "torchvision", "timm", "openvino", "faiss", "sklearn", "skimage", "scipy.stats"),
    *("panel", "holoviews", "datashader", "bokeh", "papermill", "nbconvert", "numba"),
]

RUN = (
    "import sys\n"
    "from anomalylab.cli.main import main\n"
    "code = main(sys.argv[1:])\n"
    f"print('loaded', [name for name in {HEAVY} if name in sys.modules])\n"
    "sys.exit(code)"
)


@pytest.mark.parametrize("engine", ["torch", "auto"])
def test_a_warm_run_loads_no_heavy_library(tmp_path, rng, engine):
    (tmp_path / "images").mkdir()
    for number in range(30):
        noise = rng.integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "images" / f"{number}.png")
    words = ["run", "images", "--size", "64", "--engine", engine, "-o", "reports/run"]
    env = {**os.environ, "ANOMALYLAB_CACHE": str(tmp_path / "cache")}

    def run():
        return subprocess.run(
            [sys.executable, "-c", RUN, *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[-1]

    assert "torch" in run()
    assert run() == "loaded []"
