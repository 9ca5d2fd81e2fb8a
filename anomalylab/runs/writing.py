"""Write a run folder that appears whole or not at all."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError

from anomalylab.errors import AnomalyLabError, RunError
from anomalylab.runs.files import FILE_LIST, list_files
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.hidden import renamed
from anomalylab.runs.info import FILE, RunInfo, write_info
from anomalylab.runs.put import OF_UNLISTED_RUNS, PARTIAL, put_in_place, recover
from anomalylab.runs.writable import cannot_write, check_folder
from anomalylab.storage.unfinished import beside, remove

_OF_PAGES = ("report.html", "report.ipynb")


class RunWriter:
    """Writes the parts of a run; see :func:`writing`.

    Parameters
    ----------
    folder : path
        Where they are written until the run is whole.
    target : path
        Where it will be, for messages.
    """

    def __init__(self, folder: Path, target: Path):
        self.folder = folder
        self._target = target
        self._names: dict[str, str] = {}
        with self.place("maps") as maps:
            maps.mkdir(parents=True)

    @contextmanager
    def place(self, name: str) -> Iterator[Path]:
        """Give the path of a file or folder of the run to write.

        Raises
        ------
        RunError
            If that fails.
        """
        try:
            yield self.folder / name
        except AnomalyLabError:
            raise
        except (OSError, SafetensorError) as error:
            raise cannot_write(self._target, error) from error

    def table(self, name: str, table: pd.DataFrame) -> None:
        """Check a table against its schema and write it."""
        if name == "samples" and self._names:
            table = table.assign(image_path=table["sample_id"])
        checked = TABLES[name].check(TABLES[name].completed(table))
        with self.place(f"{name}.parquet") as path:
            checked.to_parquet(path, index=False)

    def hide(self, hidden: pd.DataFrame | None) -> None:
        """Write HIDDEN, if there is any, and call images by their ``sample_id`` from then on."""
        if hidden is not None:
            self.table("hidden", hidden)
            self._names = dict(zip(hidden["image_path"], hidden["sample_id"], strict=True))

    def array(self, name: str, array: np.ndarray) -> None:
        """Write an array; ``name`` ends in ``.npy``."""
        with self.place(name) as path:
            np.save(path, array)

    def score_maps(self, detector: str, score_maps: np.ndarray) -> None:
        """Write the score maps of the queries."""
        self.array(f"maps/{detector}.npy", score_maps.astype(np.float32))

    def detector(self, name: str, save: Callable[[Path], object]) -> None:
        """Write a fitted detector by its own ``save``."""
        with self.place(f"detectors/{name}") as folder:
            save(folder)

    def info(self, info: RunInfo) -> None:
        """Write what was done; the last thing to be written."""
        with self.place("") as folder:
            write_info(renamed(info, self._names), folder)


@contextmanager
def writing(folder: Path | str, check: Callable[[], None] = lambda: None) -> Iterator[RunWriter]:
    """Write a run that appears under ``folder`` whole, or not at all.

    An earlier run of that name is replaced in the end; what is not ours in it stays.

    Parameters
    ----------
    folder : path
    check : callable, optional
        Refuses to replace what is there; called before anything is written, and again in the end,
        for another process may have written there meanwhile.

    Raises
    ------
    RunError
        If ``folder`` holds something else than a run, or cannot be written.
    """
    folder = Path(folder).absolute()
    check_output(folder)
    check()
    partial = beside(folder, PARTIAL)
    try:
        writer = RunWriter(partial, folder)
        yield writer
        check_output(folder)
        check()
        with writer.place(""):
            list_files(partial)
            put_in_place(partial, folder)
    finally:
        remove(partial)


@contextmanager
def amending(run: Run) -> Iterator[RunWriter]:
    """Write further parts into a finished run, which changes as a whole or not at all.

    Whatever the run has written is copied first; parts of the same names are written anew. A page
    made of the run before is left out, because it would be of another run.

    Parameters
    ----------
    run : Run

    Raises
    ------
    RunError
        If the run is damaged, or cannot be written.
    """
    run.check()
    with writing(run.folder) as writer:
        for name in run.files.written or _unlisted(run.folder):
            if name not in _OF_PAGES and (run.folder / name).is_file():
                with writer.place(name) as path:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(run.folder / name, path)
        yield writer


def _unlisted(folder: Path) -> list[str]:
    """Return the files of a run that lists none."""
    paths = (path for pattern in OF_UNLISTED_RUNS for path in folder.glob(pattern))
    return [path.relative_to(folder).as_posix() for path in paths]


def check_output(folder: Path, n_bytes: int = 0) -> None:
    """Refuse a folder that no run can be written to.

    What killed processes have left beside it is swept, and a run that they have moved away returns.

    Parameters
    ----------
    folder : path
    n_bytes : int
        Of the run at least.

    Raises
    ------
    RunError
        If the folder is not empty and no run, the one that is worked in, or cannot be written.
    """
    recover(folder.parent)
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; give a folder to write to")
    if folder.is_dir():
        check_folder(folder)
        _check_existing(folder)
    check_folder(folder.parent, n_bytes)


def _check_existing(folder: Path) -> None:
    """Refuse a folder that cannot be exchanged for another, or must not."""
    if os.path.ismount(folder):
        raise RunError(f"{folder} is where a disk begins; give a folder in it with -o")
    here = Path.cwd()
    if folder.resolve() in (here, *here.parents):
        raise RunError(f"{folder} is the folder you work in; choose another folder with -o")
    if any(folder.iterdir()) and not _is_run(folder):
        raise RunError(f"{folder} is not empty and holds no run; choose another folder with -o")


def _is_run(folder: Path) -> bool:
    """Tell whether a folder is a run, if perhaps a damaged one."""
    if (folder / FILE_LIST).is_file():
        return True
    try:
        stored = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(stored, dict) and "schema_version" in stored
