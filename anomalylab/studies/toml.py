"""Studies written down as TOML: the presets, files of a person, and what is said on top of them.

::

    preset = "quick"                       # where to start from; everything below goes before it
    detectors = ["knn", "patchcore:k=5"]   # written as on the command line
    refine = "epochs=20"                   # their maps are refined, as by --refine; or true

    [data]
    path = "mvtec"                         # seen from the folder of this file
    images = "photos"                      # where path is a table, and its images lie elsewhere
    category = ["bottle", "tile"]          # or "all"

    [features]
    backbone = "lite0"
    size = 224

    [protocol]
    share = 0.2
    split_seed = 0
    protocol = "replace"
    synthetic = 20                         # where defects are too few: paint some, judge 20

    [pollution]
    levels = [0.0, 0.1, 0.2]
    seeds = 5                              # 0 to 4

    [refinement]
    pollution = [0.2]
    rejects = [0.0, 0.2, 0.4]
    strategies = ["sroc", "random"]
    scorers = ["same", "mahalanobis"]
    seeds = [0, 1]

    [healing]                              # of strategies that heal, as sroc:heal=pixels
    autoencoder = "autoencoder@tiny"       # what heals pixels
    nearest = "at the place"               # what heals features

    [metrics]
    places = "network"
"""

import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from anomalylab.errors import DatasetError, ParameterError
from anomalylab.registry import unknown_name
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.studies import toml_values as read
from anomalylab.studies.spec import PollutionGrid, PollutionSource, RefinementGrid, StudyRequest
from anomalylab.studies.strategy import Healing

Document = Mapping[str, Any]
Reader = Callable[[str, Any], Any]

_PRESETS = files("anomalylab.studies") / "presets"

ALL = "all"
"""Asks for every category that there is."""


def presets() -> list[str]:
    """Return the names of the studies that come with the package."""
    return sorted(
        path.name.removesuffix(".toml")
        for path in _PRESETS.iterdir()
        if path.name.endswith(".toml")
    )


def read_study(
    file: Path | None = None,
    *,
    preset: str | None = None,
    given: Document | None = None,
    options: Sequence[str] = (),
    plugins: tuple[Path, ...] = (),
) -> StudyRequest:
    """Read what a study is asked.

    Parameters
    ----------
    file : path, optional
        A study as TOML, which may name a preset to start from.
    preset : str, optional
        Where to start from if there is no file.
    given : mapping, optional
        What goes before both, laid out as the file is.
    options : sequence of str
        The same as options of the command, for the command that repeats the study.
    plugins : tuple of path
        Python files that were imported first.

    Raises
    ------
    DatasetError
        If there is no such file.
    UnknownNameError
        If a preset, a table, a key or one of its values is none.
    ParameterError
        If a value is of another type than its key, or out of range.
    """
    document = _document(file) if file is not None else {}
    start = preset or document.get("preset")
    if start is not None:
        document = _merged(_preset(read.text("preset", start)), document)
    document = _merged(document, given or {})
    asked = shlex.join([*([file.name] if file else ["--preset", str(preset)]), *options])
    return _request(document, asked, plugins)


def _document(file: Path) -> Document:
    if not file.is_file():
        raise DatasetError(f"there is no study {str(file)!r}; name a TOML file, or use --preset")
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{file.name} is no TOML: {error}") from error
    for table, key in (
        ("data", "path"),
        ("data", "images"),
        ("protocol", "table"),
        ("features", "weights"),
    ):
        value = document.get(table)
        if isinstance(value, dict) and isinstance(value.get(key), str):
            beside = file.parent / value[key]
            if key != "weights" or beside.exists():  # a name of weights is no file
                value[key] = str(beside)
    return document


def _preset(name: str) -> Document:
    if name not in presets():
        unknown_name("preset of studies", name, presets())
    return tomllib.loads((_PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def _merged(below: Document, above: Document) -> Document:
    """Return two documents as one; what ``above`` says goes before ``below``, key by key."""
    merged = dict(below)
    for key, value in above.items():
        is_table = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if is_table else value
    return merged


def _request(document: Document, asked: str, plugins: tuple[Path, ...]) -> StudyRequest:
    for name, value in document.items():
        if name not in (*_TABLES, *_TOP):
            unknown_name("table or key of a study", name, (*_TABLES, *_TOP))
        if name in _TABLES and not isinstance(value, dict):
            raise ParameterError(f"[{name}] must be a table, not {value!r}")
    data = dict(document.get("data", {}))
    categories = _categories(data.pop("category", ALL))
    source = DetectRequest(
        data=read.path("path in [data]", data.pop("path")) if "path" in data else None,
        dataset=read.text("dataset", data.pop("dataset")) if "dataset" in data else None,
        group_by=read.text("group_by", data.pop("group_by")) if "group_by" in data else None,
        detectors=tuple(map(DetectorChoice.parse, read.texts("detectors", _detectors(document)))),
        refine=read.options("refine", document["refine"]) if "refine" in document else None,
        plugins=plugins,
        dataset_params=data,
        **_table(document, "features"),
        **{key: value for key, value in _table(document, "metrics").items() if key != "places"},
    )
    return StudyRequest(
        source=source,
        categories=categories,
        polluted_by=PollutionSource(**_table(document, "protocol")),
        pollution=_grid(document, "pollution", PollutionGrid),
        refinement=_grid(document, "refinement", RefinementGrid),
        healing=Healing(**_table(document, "healing")),
        places=_table(document, "metrics").get("places", "none"),
        asked=asked,
    )


def _detectors(document: Document) -> Any:
    if "detectors" not in document:
        raise ParameterError('a study names its detectors, as detectors = ["knn", "patchcore"]')
    return document["detectors"]


def _grid(document: Document, name: str, make: Callable[..., Any]) -> Any:
    """Return a grid, or none where its table is missing."""
    if name not in document:
        return None
    given = _table(document, name)
    for needed in ("rejects", "strategies") if make is RefinementGrid else ():
        if needed not in given:
            raise ParameterError(f"[{name}] needs the key {needed}")
    return make(**given)


def _table(document: Document, name: str) -> dict[str, Any]:
    """Return what a table holds, each value read as its key asks."""
    known = _TABLES[name]
    for key in document.get(name, {}):
        if key not in known:
            unknown_name(f"key in [{name}]", key, known)
    return {
        key: known[key](f"{key} in [{name}]", value)
        for key, value in document.get(name, {}).items()
    }


def _categories(value: Any) -> tuple[str, ...]:
    return () if value == ALL else tuple(read.texts("category in [data]", value))


_TOP = ("preset", "detectors", "refine")
_TABLES: dict[str, dict[str, Reader]] = {
    "data": {},
    "features": {
        "backbone": read.text,
        "levels": read.texts,
        "weights": read.text,
        "engine": read.text,
        "size": read.size,
        "intensity": read.text,
        "resize": read.text,
    },
    "protocol": {
        "share": read.number,
        "split_seed": read.whole,
        "protocol": read.text,
        "table": read.path,
        "synthetic": read.whole,
    },
    "pollution": {"levels": read.numbers, "seeds": read.seeds},
    "refinement": {
        "pollution": read.numbers,
        "rejects": read.numbers,
        "strategies": read.strategies,
        "scorers": read.texts,
        "seeds": read.seeds,
    },
    "healing": {
        "autoencoder": read.text,
        "quantile": read.number,
        "nearest": read.text,
        "n_rounds": read.whole,
    },
    "metrics": {"places": read.text, "smoothing": read.number, "max_fpr": read.number},
}
"""Tables and their keys, each with what reads its value; those of ``data`` are the loader's."""
