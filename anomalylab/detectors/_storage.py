"""Fitted detectors on disk: safetensors for arrays, JSON for the rest; no pickle."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from anomalylab.detectors._registry import registry
from anomalylab.errors import AnomalyLabError, ParameterError

PARAMETERS = "detector.json"
ARRAYS = "arrays.safetensors"


def save(detector: Any, folder: Path) -> None:
    """Write a fitted detector to ``folder``, which may exist."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays, numbers = _learnt(detector)
    save_file({name: np.array(a, order="C") for name, a in arrays.items()}, folder / ARRAYS)
    parameters = {f.name: getattr(detector, f.name) for f in fields(detector)}
    record = {"name": detector.name, "parameters": parameters, "learnt": numbers}
    (folder / PARAMETERS).write_text(json.dumps(record, indent=2), encoding="utf-8")


def load(folder: Path) -> Any:
    """Return the fitted detector that :func:`save` wrote.

    Raises
    ------
    ParameterError
        If the folder holds none, or a file of it is damaged.
    """
    for name in (PARAMETERS, ARRAYS):
        if not (folder / name).is_file():
            raise ParameterError(f"{folder} holds no saved detector ({name} is missing)")
    with _reading(folder / ARRAYS):
        arrays = load_file(folder / ARRAYS)
    with _reading(folder / PARAMETERS):
        return _restored(json.loads((folder / PARAMETERS).read_text(encoding="utf-8")), arrays)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except AnomalyLabError:
        raise
    except Exception as error:
        raise ParameterError(f"{path} is damaged ({error}); fit the detector again") from error


def _restored(record: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record["parameters"].items()
    }
    detector = registry.create(record["name"], **parameters)
    for name, array in arrays.items():
        attribute, _, key = name.partition("/")
        if key:
            detector.__dict__.setdefault(_learnt_name(attribute), {})[key] = array
        else:
            setattr(detector, _learnt_name(attribute), array)
    for name, number in record["learnt"].items():
        setattr(detector, _learnt_name(name), number)
    return detector


def _learnt_name(name: str) -> str:
    """Refuse what would replace something else than what was learnt."""
    if not name.endswith("_") or name.startswith("_"):
        raise ValueError(f"{name!r} is nothing that a detector learns")
    return name


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
