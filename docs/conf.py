"""How Sphinx builds these pages: Markdown, docstrings, formulas without scripts, no other host."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "tools"))

_project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "anomalylab"
author = "anomalylab developers"
release = version = _project["version"]
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",  # this and the next two: docs/tools
    "mathml",
    "reference_pages",
]
exclude_patterns = ["tools", "_build"]
suppress_warnings = [
    "ref.python",  # "shape" in a type is no link to one of the attributes of that name
    "ref.footnote",  # a source may be listed that no sentence names by its number
]

myst_enable_extensions = ["dollarmath", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpy docstrings state them
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"anomalylab {version}"
html_static_path = ["_static"]
html_css_files = ["anomalylab.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
