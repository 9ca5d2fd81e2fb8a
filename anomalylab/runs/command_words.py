"""The words of a command that all requests have: which images, and with which plugins."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from anomalylab.runs.detector_choice import text_of


def words_of_images(
    data: Path | None, dataset: str | None, params: Mapping[str, object]
) -> list[str]:
    """Return the folder by its last name, its layout, and the options of the loader.

    Examples
    --------
    >>> words_of_images(Path("/home/me/parts"), "folder", {"normal": ["a", "b"]})
    ['parts', '--dataset', 'folder', '--normal', 'a', '--normal', 'b']
    """
    words = [data.name] if data else []
    words += ["--dataset", dataset] if dataset else []
    for key, given in params.items():
        for value in given if isinstance(given, list) else [given]:
            words += [f"--{key.replace('_', '-')}", text_of(value)]
    return words


def words_of_plugins(plugins: Iterable[Path]) -> list[str]:
    """Return the option of each plugin, by its last name."""
    return [word for plugin in plugins for word in ("--plugin", plugin.name)]
