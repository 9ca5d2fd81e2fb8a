"""What loaders share: finding files, reading headers, making the table."""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from anomalylab.datasets._seen import Seen, look
from anomalylab.errors import DatasetError, ImageError
from anomalylab.images.files import SUFFIXES, Header
from anomalylab.images.inside import why_outside
from anomalylab.images.masks import probe_mask, read_mask
from anomalylab.progress import counted

_N_SHOWN = 20  # paths kept of a finding
_FORMATS = "PNG, JPEG, BMP, TIFF or WebP"


@dataclass(frozen=True)
class Listing:
    """Files below a folder.

    Parameters
    ----------
    images : list of str
        Paths of image files relative to the folder, in POSIX form, sorted.
    ignored : dict of str to int
        Numbers of the other files by suffix.
    """

    images: list[str]
    ignored: dict[str, int]


def list_files(root: Path) -> Listing:
    """Find the files below ``root``; what is hidden, and beneath it, is passed over.

    Linked folders are followed, each folder once whatever leads to it.

    Raises
    ------
    DatasetError
        If ``root`` is no folder, or a folder cannot be read.
    """
    if not root.is_dir():
        raise DatasetError(f"{str(root)!r} is not a folder; give a folder of images")
    paths = [path.relative_to(root).as_posix() for path in _files(root)]
    images = sorted(path for path in paths if suffix(path) in SUFFIXES)
    others = Counter(suffix(path) for path in paths if suffix(path) not in SUFFIXES)
    return Listing(images, dict(sorted(others.items())))


def _files(root: Path) -> Iterator[Path]:
    """Yield the files that are wanted; folders before the links that lead to them."""
    top = root.resolve()
    waiting: deque[Path] = deque([root])
    visited: set[Path] = set()
    while waiting:
        for folder, subfolders, names in os.walk(waiting.popleft(), onerror=_refuse):
            here = Path(folder).resolve()
            if here in visited or here in top.parents:  # a loop
                subfolders.clear()
                continue
            visited.add(here)
            below = [Path(folder, name) for name in sorted(subfolders) if _is_wanted(name)]
            subfolders[:] = [path.name for path in below if not path.is_symlink()]
            waiting.extend(path for path in below if path.is_symlink())
            yield from (Path(folder, name) for name in names if _is_wanted(name))


def _is_wanted(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _refuse(error: OSError) -> None:
    raise DatasetError(f"{error.filename!r} cannot be read: {error.strerror}") from error


def suffix(path: str) -> str:
    """Return the suffix of a path in lower case."""
    return PurePosixPath(path).suffix.lower()


def holds(folder: Path, pattern: str) -> bool:
    """Tell whether a folder holds a file of that pattern; False if there is no such folder."""
    return next(iter(folder.glob(pattern)), None) is not None


def finding(what: str, paths: Sequence[str], advice: str = "") -> list[dict]:
    """Return a list of one finding, ready for JSON, or none if there are no paths.

    ``advice`` says what to do where that depends on the data, as flags to type do.
    """
    if not paths:
        return []
    found = {"what": what, "n": len(paths), "paths": sorted(paths)[:_N_SHOWN]}
    return [{**found, "advice": advice} if advice else found]


def samples_table(
    root: Path,
    rows: Sequence[Mapping],
    *,
    ignored: Mapping[str, int],
    findings: Iterable[dict],
    expected: str,
) -> pd.DataFrame:
    """Read the headers of images and masks and make their table; broken files are set aside.

    Parameters
    ----------
    root : Path
        Folder that paths are relative to.
    rows : sequence of mappings
        SAMPLES without ``sample_id``, ``width`` and ``height``, and perhaps further columns.
    ignored, findings
        Kept in ``attrs``.
    expected : str
        What the layout promises, for the message if there are no images.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES sorted by path; ``attrs`` as :func:`anomalylab.datasets.load` says.

    Raises
    ------
    DatasetError
        If there is no image, or none can be read.
    """
    if not rows:
        raise DatasetError(_nothing_found(root, ignored, expected))
    paths = [row["image_path"] for row in rows]
    masks = [row["mask_path"] for row in rows if row["mask_path"] is not None]
    with ThreadPoolExecutor() as pool:
        looked = pool.map(lambda path: _look(root, path), paths)
        seen = list(counted(looked, len(paths), "reading files"))
        probed = pool.map(lambda path: _probe_mask(root, path), masks)
        of_masks = list(counted(probed, len(masks), "reading masks"))
    unreadable = {
        mask for mask, header in zip(masks, of_masks, strict=True) if isinstance(header, ImageError)
    }
    table = [
        _row(row, found, unreadable)
        for row, found in zip(rows, seen, strict=True)
        if isinstance(found, Seen)
    ]
    broken = [
        {"path": path, "reason": found.reason}
        for path, found in zip(paths, seen, strict=True)
        if isinstance(found, ImageError)
    ]
    if not table:
        raise DatasetError(
            f"none of the {len(rows)} image files in {str(root)!r} can be read; "
            f"{broken[0]['path']!r}: {broken[0]['reason']}"
        )
    samples = pd.DataFrame(table).astype({"label": "Int64"})
    samples = samples.sort_values("image_path", ignore_index=True)
    is_grouped = "group" in samples and bool(samples["group"].notna().any())
    samples["group"] = _groups(samples)
    samples.attrs = {
        "is_grouped": is_grouped,
        "broken": broken,
        "ignored": dict(ignored),
        "findings": [*findings, *finding("unreadable_masks", sorted(unreadable))],
    }
    return samples


def _row(row: Mapping, seen: Seen, unreadable: set[str]) -> dict[str, object]:
    header = seen.header
    return {
        "sample_id": row["image_path"],
        **row,
        "mask_path": None if row["mask_path"] in unreadable else row["mask_path"],
        "width": header.width,
        "height": header.height,
        "content_hash": seen.content_hash,
        "stored_as": f"{header.format}, {header.mode} of {header.bits} bits",
    }


def _groups(samples: pd.DataFrame) -> pd.Series:
    """Return the groups that were given; copies of one file are a group where none is given."""
    given = samples["group"] if "group" in samples else pd.Series(None, samples.index, object)
    hashes = samples["content_hash"]
    copies = ("copies of " + hashes.str[:12]).where(hashes.duplicated(keep=False), None)
    return given.astype(object).where(given.notna(), copies)


def _look(root: Path, path: str) -> Seen | ImageError:
    """Read a file once, for its header and its hash."""
    try:
        _check_name(path)
        return look(root / path)
    except ImageError as error:
        return error


def _probe_mask(root: Path, path: str) -> Header | ImageError:
    try:
        _check_name(path)
        return probe_mask(root / path)
    except ImageError as error:
        return error


def _check_name(path: str) -> None:
    reason = why_outside(path)
    if reason:
        raise ImageError(path, reason)
    try:
        path.encode()
    except UnicodeEncodeError as error:
        shown = path.encode(errors="replace").decode()
        raise ImageError(shown, "its name is not valid text") from error


def _nothing_found(root: Path, ignored: Mapping[str, int], expected: str) -> str:
    others = ", ".join(f"{n} {kind or 'without suffix'}" for kind, n in ignored.items())
    found = f"only other files ({others})" if others else "no files"
    return f"no images in {str(root)!r}: expected {expected} ({_FORMATS}), found {found}"


def labels_from_masks(root: Path, masks: Sequence[str | None]) -> list[int | None]:
    """Label images by their masks: 1 if any pixel is marked, else 0.

    Parameters
    ----------
    root : Path
    masks : sequence of str or None
        Path of the mask of each image.

    Returns
    -------
    labels : list of 0, 1 or None
        None without a mask that can be read.
    """

    def label(mask: str | None) -> int | None:
        if mask is None:
            return None
        try:
            return int(read_mask(root / mask).any())
        except ImageError:
            return None

    with ThreadPoolExecutor() as pool:
        return list(counted(pool.map(label, masks), len(masks), "reading masks"))
