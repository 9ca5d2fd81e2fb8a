"""Imports point one way: a module imports only from the layers below its own."""

import ast
from pathlib import Path

import pytest

import anomalylab

ROOT = Path(anomalylab.__file__).parent
LAYERS = [
    {"errors"},
    {"registry", "schema", "palette", "decoding", "compute"},
    {"images", "synthesise"},
    {"thumbnails", "cache", "run_folder"},
    {"features"},
    {"metrics", "localise", "bulk", "overlay", "shading"},
    {"verdict"},
    {"thresholds", "plots", "gallery"},
    {"datasets", "extractors"},
    {"detectors"},
    {"refine"},
    {"studies"},
    {"recipes"},
    {"apps"},
    {"reports"},
    {"cli_options"},
    {"cli_recipe"},
    {"cli"},
]
ROOMS = {
    "torch": {"compute", "extractors", "detectors"},
    "timm": {"extractors"},
    "faiss": {"compute"},
    "openvino": {"extractors"},
    "holoviews": {"plots", "apps"},
    "datashader": {"plots", "apps"},
    "panel": {"apps"},
    "ipywidgets": {"apps"},
    "papermill": {"reports"},
    "nbconvert": {"reports"},
}
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
MODULES = [path.relative_to(ROOT) for path in sorted(ROOT.rglob("*.py"))]


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_down_and_heavy_libraries_keep_to_their_rooms(path):
    part = path.with_suffix("").parts[0]
    for name in imports((ROOT / path).read_text(encoding="utf-8")):
        top, *rest = name.split(".")
        if top == "anomalylab" and rest and rest[0] in LEVEL and part in LEVEL and rest[0] != part:
            assert LEVEL[rest[0]] < LEVEL[part], f"{part} may not import {name}"
        assert part in ROOMS.get(top, {part}), f"{part} may not import {name}"


def test_every_module_has_a_layer():
    parts = {path.with_suffix("").parts[0] for path in MODULES}
    assert parts - {"__init__", "__main__", "notebooks"} <= set(LEVEL)
