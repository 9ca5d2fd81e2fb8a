"""Ways to damage a file, drawn from a seed, and all that can be read of a run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import detectors
from anomalylab.errors import AnomalyLabError
from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports import detect, pc_space
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.info import plain

DETECT_PARTS = ("verdict", "explorer", "curves", "comparison", "provenance")
PC_PARTS = ("verdict", "densities", "odds", "histogram", "curves", "results", "provenance")
PC_ARRAYS = ("histograms", "densities", "coefficients", "spaces", "log_odds")


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Change one bit."""
    place = rng.integers(len(content))
    changed = bytearray(content)
    changed[place] ^= 1 << rng.integers(8)
    return bytes(changed)


def truncate(content: bytes, rng: np.random.Generator) -> bytes:
    """Keep the beginning, or nothing."""
    return content[: rng.integers(len(content))]


def cut(content: bytes, rng: np.random.Generator) -> bytes:
    """Take some bytes out of the middle."""
    start = rng.integers(len(content))
    return content[:start] + content[start + 1 + rng.integers(64) :]


def blank(content: bytes, rng: np.random.Generator) -> bytes:
    """Write zeros over a stretch, as a disk does that lost a block."""
    start = rng.integers(len(content))
    end = min(start + 1 + rng.integers(512), len(content))
    return content[:start] + bytes(end - start) + content[end:]


def empty(content: bytes, rng: np.random.Generator) -> bytes:
    """Keep nothing."""
    return b""


WAYS = (flip, truncate, cut, blank, empty, None)
"""None removes the file."""

Value = object


def readings(folder: Path, *, pages: bool) -> Iterator[tuple[str, Callable[[], Value]]]:
    """Return what can be read of a run by name, each as a function that reads it."""
    run = Run(folder)
    yield "info", lambda: plain(run.info)
    for name in TABLES:
        yield name, lambda name=name: run.table(name)
    for name in run.detectors:
        if (folder / "maps" / f"{name}.npy").exists():
            yield f"map of {name}", lambda name=name: np.array(run.score_maps(name))
    if run.kind.name == "pc_space":
        pc = PCSpace(run)
        for name in PC_ARRAYS:
            yield f"array of {name}", lambda name=name: getattr(pc, name)
    if pages:
        parts, shown = (DETECT_PARTS, detect) if run.kind.name == "detect" else (PC_PARTS, pc_space)
        source = run if run.kind.name == "detect" else pc
        for name in parts:
            yield f"page: {name}", lambda name=name: getattr(shown, name)(source).html


def everything(folder: Path, *, pages: bool = True) -> dict[str, Value]:
    """Read all of a run; what is refused by name is left out."""
    found, told = {}, []
    try:
        for name, read in readings(folder, pages=pages):
            try:
                found[name] = read()
            except AnomalyLabError as error:
                told.append(str(error))
    except AnomalyLabError as error:
        told.append(str(error))
    assert not any("\n" in line for line in told), told
    return found


def same(one: Value, other: Value) -> bool:
    """Return whether two things that were read are the same to the last bit."""
    if isinstance(one, pd.DataFrame):
        return isinstance(other, pd.DataFrame) and one.equals(other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if hasattr(one, "__dataclass_fields__"):
        return same(vars(one), vars(other))
    return one == other


def harmed(path: Path, way: Callable | None, rng: np.random.Generator) -> bytes:
    """Damage a file and return what was in it."""
    content = path.read_bytes()
    if way is None:
        path.unlink()
    else:
        path.write_bytes(way(content, rng))
    return content


def wrong_after_damage(
    folder: Path, right: dict[str, Value], seed: int, *, pages: bool
) -> tuple[str, list[str]]:
    """Damage one file of a run, read everything, mend the file.

    Returns
    -------
    what : str
        The file and the damage.
    wrong : list of str
        What was read and is not what was written; and the list of files if it noticed nothing.
    """
    rng = np.random.default_rng(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path, way = files[rng.integers(len(files))], WAYS[rng.integers(len(WAYS))]
    content = harmed(path, way, rng)
    try:
        found = everything(folder, pages=pages)
        wrong = [name for name in found if not same(found[name], right[name])]
        is_harmed = not path.exists() or path.read_bytes() != content
        if is_harmed and path.name != "files.json" and is_complete(folder):
            wrong.append("list of files")
    finally:
        path.write_bytes(content)
    return f"{path.relative_to(folder)}: {way.__name__ if way else 'removed'}", wrong


def is_complete(folder: Path) -> bool:
    """Return whether the list of files finds all as it was written."""
    try:
        Run(folder).files.check()
    except AnomalyLabError:
        return False
    return True


def is_refused(folder: Path) -> bool:
    """Return whether the check of a run finds it damaged."""
    try:
        Run(folder).check()
        for label in Run(folder).detectors:
            if (folder / "detectors" / label).exists():
                detectors.load(folder / "detectors" / label)
    except AnomalyLabError:
        return True
    return False
