"""What this installation is and holds: versions, weights, threads, cache."""

from anomalylab import extractors
from anomalylab.compute.threads import n_threads
from anomalylab.runs.provenance import versions
from anomalylab.storage import cache


def describe() -> str:
    """Return versions, backbones with their weights, threads and the cache as text."""
    lines = [f"{name:20} {version}" for name, version in versions().items()]
    lines += [f"{'threads':20} {n_threads()}", f"{'engine':20} {extractors.engine_words()}"]
    lines += ["", "Backbones:"]
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
