"""Fitted detectors on disk: safetensors for arrays, JSON for the rest; no pickle."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from anomalylab.detectors._registry import registry
from anomalylab.errors import ParameterError

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
        If the folder holds none.
    """
    if not (folder / PARAMETERS).is_file():
        raise ParameterError(f"{folder} holds no saved detector ({PARAMETERS} is missing)")
    record = json.loads((folder / PARAMETERS).read_text(encoding="utf-8"))
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record["parameters"].items()
    }
    detector = registry.create(record["name"], **parameters)
    for name, array in load_file(folder / ARRAYS).items():
        attribute, _, key = name.partition("/")
        if key:
            detector.__dict__.setdefault(attribute, {})[key] = array
        else:
            setattr(detector, attribute, array)
    for name, number in record["learnt"].items():
        setattr(detector, name, number)
    return detector


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
