"""A folder of made-up images that is written whole or not at all."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import platformdirs
from PIL import Image

from anomalylab.errors import DatasetError


def cache_folder(subject: str, record: Mapping[str, object]) -> Path:
    """Return the folder of the user's cache for images that a record describes."""
    cache = os.environ.get("ANOMALYLAB_CACHE") or platformdirs.user_cache_dir("anomalylab")
    key = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
    return Path(cache) / subject / key


def holds(target: Path, name: str, record: Mapping[str, object]) -> bool:
    """Tell whether a folder holds the images of a record, which lies there under ``name``.

    Raises
    ------
    DatasetError
        If it exists and holds anything else.
    """
    if not target.exists():
        return False
    try:
        found = json.loads((target / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if found != record:
        raise DatasetError(
            f"{str(target)!r} exists and does not hold the images asked for; choose another folder"
        )
    return True


def write_whole(target: Path, write: Callable[[Path], object], *, name: str) -> None:
    """Let ``write`` fill a folder beside ``target``, a file ``name`` in it, then move it there.

    Raises
    ------
    DatasetError
        If that fails, and no other process has put the same there meanwhile.
    """
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        part.mkdir(parents=True)
        write(part)
        part.replace(target)
    except OSError as error:
        if not (target / name).is_file():
            raise DatasetError(
                f"cannot write images to {str(target)!r}: {error.strerror or error}; "
                "choose another folder or free some space"
            ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_record(folder: Path, name: str, record: Mapping[str, object]) -> None:
    """Write the record of what a folder holds."""
    text = json.dumps(record, indent=2, sort_keys=True)
    (folder / name).write_text(text + "\n", encoding="utf-8")


def write_png(pixels: np.ndarray, path: Path) -> None:
    """Write an image, and the folder it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, compress_level=1)
