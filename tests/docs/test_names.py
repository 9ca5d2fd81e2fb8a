"""Pages name only what is there: modules, functions, options, detectors and presets."""

import importlib
import re
import shlex

import pytest
from how_to import ROOT

from anomalylab import datasets, detectors, extractors
from anomalylab.cli.main import build_parser

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OF_OTHERS = {
    "--nthreads",
    "--nworkers",
    "--no-index",
    "--find-links",
    "--fail-on-warning",
    "--hold-out",
}
OF_OTHERS |= {"agreement", "--one", "--other"}
"""Options of pip and Sphinx, and what how-tos add: a data set and a recipe."""


def spans(page):
    """What a page prints as code within its sentences."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", text)


def resolved(name):
    module, _, attribute = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), attribute)


def options(parser):
    """Options of a parser and of all commands below it."""
    if getattr(parser, "fill", None) is not None:
        parser.fill(parser)
        parser.fill = None
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield from options(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_modules_that_a_page_names_can_be_imported(page):
    for span in spans(page):
        if re.fullmatch(r"anomalylab(\.\w+)+", span) and span != "anomalylab.plugins":
            resolved(span)


def test_options_that_pages_name_exist():
    named = {
        option
        for page in PAGES
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert named - OF_OTHERS <= set(options(build_parser()))


def test_commands_that_pages_type_are_understood():
    lines = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    commands = [line for line in lines if re.match(r"anomalylab +\w+ ", line)]
    assert len(commands) > 20
    for command in commands:
        if not OF_OTHERS & set(command.split()):
            build_parser().parse_args(shlex.split(command, comments=True)[1:])


def test_files_that_pages_name_exist():
    for page in PAGES:
        for span in spans(page):
            if re.fullmatch(r"(anomalylab|docs|tests|notebooks)/[\w./-]+", span):
                assert (ROOT / span).exists(), f"{page.name}: {span}"


def own(registry):
    """Names of the parts of the package; other tests may have registered parts of their own."""
    return [name for name in registry if registry.get(name).__module__.startswith("anomalylab.")]


def test_each_detector_has_a_page_that_names_its_presets():
    pages = {
        "window_pca": "window-pca",
        "padim_all_levels": "padim",
        "metric_learning": "metric-learning",
    }
    for name in own(detectors.registry):
        text = (ROOT / f"docs/methods/{pages.get(name, name)}.md").read_text(encoding="utf-8")
        for preset in detectors.registry.get(name).presets:
            assert f"`{preset}`" in text, f"{name}: {preset}"


def test_networks_and_layouts_are_all_named():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in own(extractors.registry):
        assert name in text or name in {"timm", "pixels", "band"}, name
    for name in own(datasets.registry):
        assert re.search(rf"(?i){name.replace('_', '[ _]?')}", text), name
