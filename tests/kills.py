"""Commands that are killed at a step of theirs, and what must be true afterwards."""

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

NOTE = "notes.txt"
"""A file that a person keeps in the run folder."""

CHANGING = ("timings.parquet", "run.json", "files.json", "report.ipynb", NOTE)
"""Files that tell times; all others have the same bytes whenever they are made."""

_HOOK = """
import os, signal, sys
left, root, counted = int(sys.argv[1]), sys.argv[2], 0
changing = os.O_WRONLY | os.O_RDWR

def hook(event, arguments):
    global counted
    if event == "open":
        path, mode, flags = arguments
        is_change = bool(flags & changing)
    else:
        is_change = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir")
        path = arguments[0] if is_change else None
    if is_change and isinstance(path, (str, os.PathLike)) and str(path).startswith(root):
        counted += 1
        if counted == left:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
from anomalylab.cli.main import main
code = main(sys.argv[3:])
print("steps:", counted)
sys.exit(code)
"""


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

    @property
    def commands(self) -> dict[str, tuple[list[str], str]]:
        """Name -> the command and the folder it writes to; ``report`` wants ``run`` to be done."""
        data = str(self.root / "images")
        run, recipe = str(self.root / "out" / "run"), str(self.root / "out" / "recipe")
        space = ["--window", "5", "--components", "3", "--bins", "4"]
        return {
            "run": (["run", data, "-o", run, "--detector", "knn", "--size", "64"], run),
            "recipe": (["recipe", "pc-space", data, "-o", recipe, *space], recipe),
            "report": (["report", run], run),
        }

    def call(self, name: str, kill_at: int = 0, seconds: float | None = None) -> int | None:
        """Carry out a command and return how many steps it took; None if it was killed."""
        scratch, cache = self.root / "tmp", self.root / "cache"
        scratch.mkdir(exist_ok=True)
        env = os.environ | {"TMPDIR": str(scratch), "ANOMALYLAB_CACHE": str(cache)}
        call = [sys.executable, "-c", _HOOK, str(kill_at), str(self.root), *self.commands[name][0]]
        with subprocess.Popen(
            call, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                out, told = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return None
        if process.returncode == -9:
            return None
        assert process.returncode == 0, told
        return int(out.rpartition("steps: ")[2])

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
    """Kill commands at random steps and go on; yields what was killed when all is well after it.

    Raises
    ------
    AssertionError
        If a restart gives other bytes, loses a note, or leaves something.
    """
    rng = random.Random(seed)
    steps = {name: bench.call(name) or 0 for name in names}
    expected = {name: bench.made(name) for name in names}
    n_done = 0
    while n_done < n_kills:
        name = rng.choice(names)
        is_kept = name == "report" or rng.random() < 0.5
        if not is_kept:
            shutil.rmtree(bench.commands[name][1])
        if rng.random() < 0.5:
            shutil.rmtree(bench.root / "cache")
        if name == "report":  # a page tells how long the run took
            bench.call(name)
            expected[name] = bench.made(name)
        bench.note(name)
        at = rng.randint(1, steps[name])
        seconds = rng.uniform(2, 12) if rng.random() < 0.2 else None
        if bench.call(name, kill_at=0 if seconds else at, seconds=seconds) is not None:
            continue
        bench.call(name)
        _compare(bench, name, expected[name], is_kept)
        n_done += 1
        yield name


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
