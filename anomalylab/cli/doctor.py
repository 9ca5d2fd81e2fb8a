"""What this installation is and holds: versions, weights, threads, cache."""

import importlib.metadata
import platform

from anomalylab import extractors
from anomalylab.compute.threads import n_threads
from anomalylab.storage import cache

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


def describe() -> str:
    """Return versions, backbones with their weights, threads and the cache as text."""
    lines = [f"{name:20} {version}" for name, version in versions().items()]
    lines += [f"{'threads':20} {n_threads()}", "", "Backbones:"]
    lines += [f"  {name:18} {extractors.availability(name)}" for name in extractors.registry]
    size = cache.size_of_cache() / 2**20
    lines += [
        "",
        f"Cache: {cache.cache_folder()} ({size:.0f} MiB)",
        "Clear it with: anomalylab doctor --clear-cache",
    ]
    return "\n".join(lines)


def clear() -> str:
    """Delete the cache and say what was freed."""
    freed = cache.size_of_cache() / 2**20
    cache.clear_cache()
    return f"freed {freed:.0f} MiB"
