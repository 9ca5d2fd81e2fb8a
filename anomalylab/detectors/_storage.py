"""Fitted detectors on disk: safetensors for arrays, JSON for the rest; no pickle.

The JSON carries a checksum of itself and one of the arrays; those of older versions have none.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from anomalylab.detectors._registry import class_of
from anomalylab.errors import ParameterError

PARAMETERS = "detector.json"
ARRAYS = "arrays.safetensors"
CHECKSUMS = "sha256"

_LEARNT = re.compile(r"[a-zA-Z]\w*_")
"""Names of what a fit sets; a file sets nothing else."""


def save(detector: Any, folder: Path) -> None:
    """Write a fitted detector to ``folder``, which may exist."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays, numbers = _learnt(detector)
    save_file({name: np.array(a, order="C") for name, a in arrays.items()}, folder / ARRAYS)
    parameters = {f.name: getattr(detector, f.name) for f in fields(detector)}
    record = {"name": detector.name, "parameters": parameters, "learnt": numbers}
    record = json.loads(json.dumps(record))
    record[CHECKSUMS] = {ARRAYS: _sha256(folder / ARRAYS), PARAMETERS: _sha256_of(record)}
    (folder / PARAMETERS).write_text(json.dumps(record, indent=2), encoding="utf-8")


def load(folder: Path) -> Any:
    """Return the fitted detector that :func:`save` wrote.

    Raises
    ------
    ParameterError
        If the folder holds none, or a file of it is damaged; the message names the file.
    """
    for name in (PARAMETERS, ARRAYS):
        if not (folder / name).is_file():
            raise ParameterError(f"{folder} holds no saved detector ({name} is missing)")
    record = _read_record(folder)
    try:
        return _restored(record, load_file(folder / ARRAYS))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder / ARRAYS) from error


def _restored(record: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record["parameters"].items()
    }
    detector = class_of(record["name"])(**parameters)
    restore(detector, arrays)
    for name, number in record["learnt"].items():
        setattr(detector, _learnt_name(name), number)
    return detector


def restore(detector: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a detector the arrays that it had learnt, called ``name`` or ``name/key``."""
    for name, array in arrays.items():
        attribute, _, key = _learnt_name(name).partition("/")
        if key:
            detector.__dict__.setdefault(attribute, {})[key] = array
        else:
            setattr(detector, attribute, array)


def learnt(detector: Any) -> dict[str, np.ndarray]:
    """Return all that a detector has learnt as arrays, for a detector that is made of others."""
    arrays, numbers = _learnt(detector)
    return arrays | {
        name: np.asarray(number)
        for name, number in numbers.items()
        if isinstance(number, (int, float))
    }


def learnt_apart(detector: Any) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Return what a detector has learnt: arrays by name, and numbers and words by name."""
    return _learnt(detector)


def _learnt_name(name: str) -> str:
    """Refuse what would replace something else than what was learnt."""
    if not _LEARNT.fullmatch(name.partition("/")[0]):
        raise KeyError(name)
    return name


def _read_record(folder: Path) -> dict[str, Any]:
    """Return what the JSON holds, after its checksum and that of the arrays."""
    try:
        record: dict[str, Any] = json.loads((folder / PARAMETERS).read_bytes())
        expected = record.pop(CHECKSUMS, None)
        is_sound = expected is None or expected[PARAMETERS] == _sha256_of(record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder / PARAMETERS) from error
    if not is_sound:
        raise _damaged(folder / PARAMETERS)
    if expected is not None and expected.get(ARRAYS) != _sha256(folder / ARRAYS):
        raise _damaged(folder / ARRAYS)
    return record


def _damaged(path: Path) -> ParameterError:
    return ParameterError(f"{path} is damaged; copy or make the run again")


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _damaged(path) from error


def _sha256_of(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _learnt(detector: Any) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Split what was learnt into arrays (called ``name`` or ``name/key``) and numbers."""
    arrays: dict[str, np.ndarray] = {}
    numbers: dict[str, object] = {}
    for name, value in vars(detector).items():
        if not name.endswith("_"):
            continue
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, dict) and value:
            arrays |= {f"{name}/{key}": np.asarray(array) for key, array in value.items()}
        else:
            numbers[name] = value
    return arrays, numbers
