"""What a stakeholder opens: a run as one HTML file, made by a notebook.

The tools that run notebooks are imported when they are first asked for, so that a cell which only
shows a fragment does not wait for them.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "compare": "side_by_side.page",
    "export_html": "kit.page",
    "fill_notebook": "kit.notebooks",
    "copy_for_images": "kit.working_copies",
    "working_copy": "kit.working_copies",
    "find_notebook": "kit.notebooks",
    "report": "kit.page",
    "run_notebook": "kit.notebooks",
    "write_paper": "paper.page",
    "write_robustness": "robustness.page",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
