"""What the names of folders tell of their images, and the flags that say it."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from anomalylab.datasets._listing import finding
from anomalylab.datasets._words import label_of_folder, names_masks, split_of


def role_findings(splits: Mapping[str, str | None], *, is_told: bool) -> list[dict]:
    """Point out images that are fitted on although their folder is named otherwise.

    Parameters
    ----------
    splits : mapping
        Path of an image -> its split; None if it is not used.
    is_told : bool
        Whether something was said of roles.

    Returns
    -------
    findings : list of dict
        ``roles_by_name`` or ``good_by_name``, with the flags to type as advice; or none.
    """
    roles = {path: _role(path) for path in splits}
    fitted = [path for path, split in splits.items() if split in ("train", "unlabelled")]
    odd = [path for path in fitted if roles[path].keys() & {"anomalous", "test"}]
    flags = f"say what they are: {role_flags(splits)}"
    if odd:
        return finding("roles_by_name", odd, flags)
    good = [path for path in fitted if "normal" in roles[path]]
    if is_told or len(good) == len(fitted):
        return []
    return finding("good_by_name", good, flags)


def role_flags(paths: Iterable[str]) -> str:
    """Return the options of the layout ``folder`` that say what names of folders tell.

    Examples
    --------
    >>> role_flags(["OK/1.png", "NG/1.png"])
    '--normal OK --anomalous NG'
    """
    folders: dict[str, set[str]] = {"normal": set(), "anomalous": set(), "test": set()}
    for path in paths:
        for role, folder in _role(path).items():
            folders[role].add(folder)
    return " ".join(_flag(role, found) for role, found in folders.items() if found)


def mask_flags(paths: Iterable[str]) -> str:
    """Return the option that names the folders of files that look like masks, or their names."""
    folders, files = set(), set()
    for path in paths:
        folder = _mask_folder(path)
        if folder:
            folders.add(folder)
        else:
            ending = PurePosixPath(path).stem.rpartition("_")[2]
            files.add(f"*_{ending}{PurePosixPath(path).suffix}")
    return " ".join(f"--masks {shlex.quote(name)}" for name in sorted(_shortened(folders) | files))


def _role(path: str) -> dict[str, str]:
    """Return the folder that tells the role of an image, by role; the innermost decides.

    An image known to be defective needs no word about its split, nor does one named as a mask.
    """
    found: dict[str, str] = {}
    if _mask_folder(path):
        return found
    for folder in PurePosixPath(path).parents[:-1]:
        label, split = label_of_folder(folder.name), split_of(folder.name)
        if label is not None and not found.keys() & {"normal", "anomalous"}:
            found[("normal", "anomalous")[label]] = folder.as_posix()
        if split == "test":
            found["test"] = folder.as_posix()
    return {"anomalous": found["anomalous"]} if "anomalous" in found else found


def _mask_folder(path: str) -> str | None:
    """Return the outermost folder of a path that is named as one of masks is."""
    folders = reversed(PurePosixPath(path).parents[:-1])
    return next((f.as_posix() for f in folders if names_masks(f.name)), None)


def _flag(role: str, folders: set[str]) -> str:
    return " ".join(f"--{role} {shlex.quote(folder)}" for folder in sorted(_shortened(folders)))


def _shortened(folders: set[str]) -> set[str]:
    """Name folders of one name by a pattern: ``*/NG`` instead of ``a/NG`` and ``b/NG``."""
    by_name = defaultdict(set)
    for folder in folders:
        by_name[PurePosixPath(folder).name].add(folder)
    shortened = set()
    for name, found in by_name.items():
        shortened |= found if len(found) < 3 else {f"*/{name}"} | (found & {name})
    return shortened
