"""Versions that decide what a run computes."""

import importlib.metadata
import platform

PACKAGES = (
    "anomalylab-vision",
    "torch",
    "timm",
    "faiss-cpu",
    "scikit-learn",
    "numpy",
    "panel",
    "holoviews",
    "datashader",
    "papermill",
    "openvino",
)
"""Packages whose versions decide what a run computes and shows."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter, as installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
