"""Commands that are killed at a step of theirs, and what must be true afterwards."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from forked_calls import STEPS
from PIL import Image

CALLS = Path(__file__).with_name("forked_calls.py")

NOTE = "notes.txt"
"""A file that a person keeps in the run folder."""

CHANGING = (
    "timings.parquet",
    "study_times.parquet",
    "autoencoder_trainings.parquet",
    "pni_fits.parquet",
    "metric_trainings.parquet",
    "run.json",
    "files.json",
    "report.ipynb",
    NOTE,
)
"""Files that tell times; all others have the same bytes whenever they are made."""

LOADED = [
    "anomalylab.cli.main",
    "anomalylab.recipes.autoencoder.run",
    "anomalylab.recipes.metric_learning.run",
    "anomalylab.recipes.pc_space.run",
    "anomalylab.recipes.pni.run",
    "anomalylab.reports.kit.notebooks",
    "anomalylab.runs.detect",
    "anomalylab.studies.plan",
    "anomalylab.studies.run",
    "openvino",
    "papermill",
    "scipy.stats",
    "sklearn.decomposition",
    "timm",
    "torch._dynamo",
]
"""What the commands import; loaded once, so that a call takes a second and not four."""
if not find_spec("openvino"):
    LOADED.remove("openvino")


STUDY = """
detectors = ["knn:k=2", "mahalanobis"]
[data]
path = "labelled"
[features]
size = 64
[pollution]
levels = [0.0, 0.2]
seeds = 2
[refinement]
rejects = [0.0, 0.2, 0.4]
strategies = ["sroc:leave_out=group", "random", "perfect"]
scorers = ["same", "mahalanobis"]
seeds = 2
[metrics]
places = "network"
"""

TAUGHT = {
    "pni": ["--size", "64", "--refine", "size=32,width=4,epochs=1,copies=1", "--ensemble"],
    "autoencoder": [],
    "metric-learning": [],
}
"""Recipes that train networks -> what makes them small."""

OF_STUDY = {"train/good": 10, "test/good": 3, "test/hole": 5, "ground_truth/hole": 5}
"""Folders of the images that a study is made of, with numbers of files."""


@dataclass(frozen=True)
class Bench:
    """A folder in which commands work on tiny images, with a cache and a passing folder of its own.

    Parameters
    ----------
    root : path
    """

    root: Path

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        for i in range(8):
            pixels = rng.integers(90, 110, (64, 64), np.uint8)
            (self.root / "images").mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(self.root / "images" / f"{i}.png")
        for folder, n_images in OF_STUDY.items():
            above = self.root / "labelled" / folder
            above.mkdir(parents=True)
            for i in range(n_images):
                pixels = rng.integers(90, 110, (64, 64), np.uint8)
                if folder == "test/hole":
                    pixels[20:30, 20 + i : 30 + i] = 0
                if folder == "ground_truth/hole":
                    pixels = np.zeros((64, 64), np.uint8)
                    pixels[20:30, 20 + i : 30 + i] = 255
                name = f"{i}_mask.png" if folder == "ground_truth/hole" else f"{i}.png"
                Image.fromarray(pixels).save(above / name)
        (self.root / "study.toml").write_text(STUDY, encoding="utf-8")

    @property
    def commands(self) -> dict[str, tuple[list[str], str]]:
        """Name -> the command and the folder it writes to; ``report`` wants ``run`` to be done."""
        data = str(self.root / "images")
        run, recipe, study = (str(self.root / "out" / name) for name in ("run", "recipe", "study"))
        space = ["--window", "5", "--components", "3", "--bins", "4"]
        taught = {name: str(self.root / "out" / name) for name in TAUGHT}
        labelled = str(self.root / "labelled")
        return {
            name: (["recipe", name, labelled, "-o", out, "--preset", "tiny", *TAUGHT[name]], out)
            for name, out in taught.items()
        } | {
            "run": (["run", data, "-o", run, "--detector", "knn", "--size", "64"], run),
            "recipe": (["recipe", "pc-space", data, "-o", recipe, *space], recipe),
            "report": (["report", run], run),
            "study": (["study", str(self.root / "study.toml"), "-o", study], study),
        }

    @cached_property
    def calls(self) -> subprocess.Popen:
        """The process whose forks carry out commands."""
        scratch = self.root / "tmp"
        scratch.mkdir(exist_ok=True)
        env = os.environ | {"TMPDIR": str(scratch), "ANOMALYLAB_CACHE": str(self.root / "cache")}
        call = [sys.executable, str(CALLS), str(self.root), *LOADED]
        return subprocess.Popen(
            call, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, name: str, kill_at: int = 0, seconds: float | None = None) -> int | None:
        """Carry out a command and return how many steps it took; None if it was killed."""
        self.told.mkdir(exist_ok=True)
        told = self.told / f"{len(list(self.told.iterdir()))}.txt"  # kernels outlive the killed
        call = {
            "arguments": self.commands[name][0],
            "kill_at": kill_at,
            "seconds": seconds,
            "told": str(told),
        }
        print(json.dumps(call), file=self.calls.stdin, flush=True)
        code = json.loads(self.calls.stdout.readline())["code"]
        if code == -9:
            return None
        words = told.read_text(encoding="utf-8")
        assert code == 0, words
        return int(re.findall(rf"{STEPS}(\d+)", words)[-1])

    @property
    def told(self) -> Path:
        """Folder of what commands have printed, a file each."""
        return self.root / "told"

    def close(self) -> None:
        """End the process that carries out commands."""
        self.calls.communicate()

    def forget(self, share: float) -> None:
        """Delete features from the cache, and networks too if ``share`` is below a twentieth."""
        cache = self.root / "cache"
        shutil.rmtree(cache if share < 0.05 else cache / "features", ignore_errors=True)

    def note(self, name: str) -> None:
        """Let a person write a note into the folder of a command, if it is there."""
        folder = Path(self.commands[name][1])
        if folder.is_dir():
            (folder / NOTE).write_text("mine", encoding="utf-8")

    def made(self, name: str) -> dict[str, bytes | str]:
        """Return what a command has made, without what tells times."""
        folder = Path(self.commands[name][1])
        paths = [path for path in folder.rglob("*") if path.is_file()]
        made: dict[str, bytes | str] = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in paths
            if path.name not in CHANGING
        }
        info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return made | {"run.json": json.dumps(info | {"created": ""})}

    def leftovers(self) -> list[str]:
        """Return what is left of work that is not done any more."""
        hidden = [path for path in self.root.rglob(".*") if path.name != ".locks"]
        others = [*(self.root / "tmp").glob("anomalylab-*"), *self.root.glob("cache/spills/*")]
        return sorted(str(path.relative_to(self.root)) for path in [*hidden, *others])


def kill_and_compare(bench: Bench, n_kills: int, seed: int, names=("run", "recipe", "report")):
    """Kill commands at random steps and go on; yields what was killed, when all is well after it.

    A command is killed once to four times before it may come to its end.

    Raises
    ------
    AssertionError
        If a restart gives other bytes, loses a note, or leaves something.
    """
    rng = random.Random(seed)
    steps, seconds, expected = {}, {}, {}
    for name in ("run", *names):
        bench.call(name)
        start = time.monotonic()
        steps[name] = bench.call(name) or 0
        seconds[name] = time.monotonic() - start
        expected[name] = bench.made(name)
    n_done = 0
    while n_done < n_kills:
        name = rng.choice(names)
        is_kept = name == "report" or rng.random() < 0.5
        if not is_kept:
            shutil.rmtree(bench.commands[name][1])
        if rng.random() < 0.5:
            bench.forget(rng.random())
        bench.note(name)
        n_killed = 0
        for _ in range(rng.randint(1, 4)):
            at, after = rng.randint(1, steps[name]), rng.uniform(0, seconds[name])
            is_timed = rng.random() < 0.3
            if bench.call(name, 0 if is_timed else at, after if is_timed else None) is None:
                n_killed += 1
        bench.call(name)
        _compare(bench, name, expected[name], is_kept)
        if name == "run" and "report" in names:  # a page tells how long the run took
            bench.call("report")
            expected["report"] = bench.made("report")
        n_done += n_killed
        yield from [name] * n_killed


def _compare(bench: Bench, name: str, expected: dict, is_kept: bool) -> None:
    made = bench.made(name)
    keys = made.keys() | expected.keys()
    if name != "report":  # the page was made of another run
        keys -= {"report.html"}
    differing = [key for key in keys if made.get(key) != expected.get(key)]
    assert differing == [], name
    note = Path(bench.commands[name][1], NOTE)
    assert not is_kept or note.read_text(encoding="utf-8") == "mine", name
    left = bench.leftovers()
    assert left == [], name
