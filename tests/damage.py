"""Ways to damage a file, drawn from a seed, and all that can be read of a run."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import detectors
from anomalylab.errors import AnomalyLabError
from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports import detect, pc_space
from anomalylab.runs.files import FILE_LIST
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.info import plain
from anomalylab.storage.blocks import BlockStore
from anomalylab.storage.cache import FeatureStore

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


def everything(
    folder: Path, *, pages: bool = True, told: list[str] | None = None
) -> dict[str, Value]:
    """Read all of a run; what is refused is left out, and its lines go to ``told``."""
    found: dict[str, Value] = {}
    told = [] if told is None else told
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


def tried(folder: Path, seed: int, read: Callable[[Path], list[str]]) -> tuple[str, str]:
    """Damage one file below a folder, read, and mend the file.

    Parameters
    ----------
    read : callable
        Gets the damaged file and returns what is wrong, or :data:`REFUSED`.

    Returns
    -------
    outcome : str
        ``"refused"``, ``"same"``, ``"WRONG"`` or ``"TRACEBACK"``.
    what : str
        The file, the damage and what came of it.
    """
    rng = np.random.default_rng(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path, way = files[rng.integers(len(files))], WAYS[rng.integers(len(WAYS))]
    content = harmed(path, way, rng)
    what = f"{path.relative_to(folder)}, {way.__name__ if way else 'removed'}"
    try:
        wrong = read(path)
    except Exception as error:
        return "TRACEBACK", f"{what}: {error!r}"
    finally:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if wrong == REFUSED:
        return "refused", what
    return ("WRONG", f"{what}: {', '.join(wrong)}") if wrong else ("same", what)


REFUSED = ["refused"]


def damaged_run(
    folder: Path, right: dict[str, Value], seed: int, *, pages: bool
) -> tuple[str, str]:
    """Damage one file of a run that lists its files, and read all; see :func:`tried`.

    Right is a line that names the file, or what was written.
    """

    def read(path: Path) -> list[str]:
        told: list[str] = []
        found = everything(folder, pages=pages, told=told)
        wrong = [name for name in found if not same(found[name], right[name])]
        names = told if path.name == FILE_LIST else [line for line in told if path.name in line]
        if told and not names:  # a damaged list says that one of the files in it is damaged
            wrong.append(f"no name in {told[0]}")
        return wrong or (REFUSED if told or not is_complete(folder) else [])

    return tried(folder, seed, read)


def filled_cache(folder: Path) -> dict[str, Value]:
    """Keep features and blocks in a cache; return what is to be found in it."""
    rng, store = np.random.default_rng(0), FeatureStore(folder / "features")
    levels = {
        "fine": rng.random((6, 4, 3, 2), np.float32),
        "coarse": rng.random((6, 5), np.float32),
    }
    levels["coarse"] = levels["coarse"].reshape(6, 1, 1, 5)
    for start in (0, 4):
        part = {name: array[start : start + 4] for name, array in levels.items()}
        store.write(HASHES[start : start + 4], part)
    places = store.find(HASHES, levels)
    store.gather([places[name] for name in HASHES], levels, limit=0)
    blocks = {f"block {i}": {"sums": rng.random(50), "n": np.array(i)} for i in range(3)}
    for name, arrays in blocks.items():
        BlockStore("sums", folder).write(name, arrays)
    return {**levels, **blocks}


HASHES = [f"{number:032x}" for number in range(2**125, 2**128, 2**127 // 2)][:6]


def damaged_cache(folder: Path, right: dict[str, Value], seed: int) -> tuple[str, str]:
    """Damage one file of a cache and ask for all that is in it; see :func:`tried`.

    Right is what was kept, or that it is not known, so that it is computed again. What the store
    drops is put back.
    """
    copy = folder.with_name(f"{folder.name}-{seed}")
    shutil.copytree(folder, copy)

    def read(path: Path) -> list[str]:
        store, levels = FeatureStore(copy / "features"), ("fine", "coarse")
        places = store.find(HASHES, levels)
        known = [number for number, name in enumerate(HASHES) if name in places]
        found = {}
        if known:
            found = store.gather([places[HASHES[number]] for number in known], levels, limit=0)
        wrong = [name for name in found if not same(np.array(found[name]), right[name][known])]
        blocks = {name: BlockStore("sums", copy).read(name) for name in right if name not in levels}
        wrong += [name for name, got in blocks.items() if got and not same(dict(got), right[name])]
        is_known = len(known) == len(HASHES) and all(blocks.values()) and path.exists()
        return wrong or ([] if is_known else REFUSED)

    try:
        return tried(copy, seed, read)
    finally:
        shutil.rmtree(copy)


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
