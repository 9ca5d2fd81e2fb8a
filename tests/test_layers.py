"""Imports point one way: between rooms down the layers, inside a room without circles."""

import ast
from functools import cache
from pathlib import Path

import pytest

import anomalylab

ROOT = Path(anomalylab.__file__).parent
LAYERS = [
    {"errors"},
    {"number_words", "progress", "registry", "schema"},
    {"images", "compute", "storage", "synthesise"},
    {"features"},
    {"metrics", "localise", "pictures"},
    {"plots", "datasets", "extractors"},
    {"training"},
    {"detectors"},
    {"verdicts", "refine"},
    {"runs"},
    {"studies", "pc_space"},
    {"recipes"},
    {"apps", "reports"},
    {"cli"},
]
ROOMS = {
    "torch": {"compute", "extractors", "training", "detectors"},
    "timm": {"extractors"},
    "faiss": {"compute"},
    "openvino": {"extractors"},
    "holoviews": {"plots", "apps"},
    "datashader": {"plots", "apps"},
    "panel": {"apps"},
    "ipywidgets": {"apps"},
    "anywidget": {"apps"},
    "papermill": {"reports"},
    "nbconvert": {"reports"},
}
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
MODULES = [path.relative_to(ROOT) for path in sorted(ROOT.rglob("*.py"))]


def module_name(path):
    parts = path.with_suffix("").parts
    return ".".join(("anomalylab", *(parts[:-1] if parts[-1] == "__init__" else parts)))


NAMES = {module_name(path): path for path in MODULES}


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def imported_modules(module):
    """Modules of the package that a module's imports run, wherever they stand.

    Importing ``a.b.c`` runs ``a.b`` too, unless the module that imports lies in ``a.b`` itself.
    """
    found = set()
    for name in imports((ROOT / NAMES[module]).read_text(encoding="utf-8")):
        while name and name not in NAMES:
            name = name.rpartition(".")[0]
        if name == module:
            continue
        while name and name not in ("anomalylab", module) and not module.startswith(f"{name}."):
            found.add(name)
            name = name.rpartition(".")[0]
    return found


def circle_through(start):
    """The way from a module back to itself along imports, if there is one."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop(0)
        for name in sorted(imported_modules(way[-1])):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return None


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_down_and_heavy_libraries_keep_to_their_rooms(path):
    part = path.with_suffix("").parts[0]
    for name in imports((ROOT / path).read_text(encoding="utf-8")):
        top, *rest = name.split(".")
        if top == "anomalylab" and rest and rest[0] in LEVEL and part in LEVEL and rest[0] != part:
            assert LEVEL[rest[0]] < LEVEL[part], f"{part} may not import {name}"
        assert part in ROOMS.get(top, {part}), f"{part} may not import {name}"


@pytest.mark.parametrize("module", list(NAMES))
def test_no_module_imports_itself_by_way_of_others(module):
    assert circle_through(module) is None


def test_every_module_has_a_layer():
    parts = {path.with_suffix("").parts[0] for path in MODULES}
    assert parts - {"__init__", "__main__", "notebooks"} <= set(LEVEL)
