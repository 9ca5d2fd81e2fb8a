"""Whether a run may take the place of an earlier one: only if both are made of the same images."""

from pathlib import Path

import pandas as pd

from anomalylab.errors import ImageError, RunError
from anomalylab.images.read import content_hash
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FILE, RunInfo

BUILT_IN = "built-in images"
"""What images are called that are made anew whenever they are asked for."""
BUILT_IN_LOADER = "textures"

SHARE = 0.5
"""Share of the images of an earlier run that have to be among the new ones; some may have been
taken out or added since."""


def check_replaced(
    folder: Path,
    samples: pd.DataFrame,
    root: Path,
    *,
    kind: str,
    scored_with: str | None = None,
    replace: bool = False,
) -> None:
    """Refuse to replace a run of another kind, of other images, or scored with another run.

    Parameters
    ----------
    folder : path
        Where the new run goes; there need not be one.
    samples : DataFrame
        Rows of SAMPLES of the new run. Built-in images may replace built-in ones.
    root : path
        Folder that their paths are relative to.
    kind : str
        Of the new run.
    scored_with : str, optional
        Name of the run that scores the images, if one does.
    replace : bool
        Whether the person allows it whatever is there.

    Raises
    ------
    RunError
        Says what the earlier run was made of.
    """
    if replace or not (folder / FILE).is_file():
        return
    try:
        run = Run(folder)
        known = _own_images(run)
    except Exception as error:
        raise _refused(folder, f"holds a run that cannot be read ({error})") from error
    info = run.info
    by = info.scored_with.run if info.scored_with else None
    if (info.kind, by) != (kind, scored_with):
        raise _refused(folder, f"holds {_origin(info)}")
    if samples.attrs.get("loader") == BUILT_IN_LOADER and info.dataset.root_name == BUILT_IN:
        return
    n_same = len(known & _hashes(samples, root))
    if n_same < SHARE * len(known):
        raise _refused(
            folder,
            f"holds {_origin(info)}; {n_same or 'none'} of its {len(known)} images "
            f"{'is' if n_same == 1 else 'are'} among these",
        )


def _refused(folder: Path, why: str) -> RunError:
    return RunError(f"{folder} {why}; choose another folder with -o, or --replace it")


def _origin(info: RunInfo) -> str:
    """Return in words what a run was made of."""
    of = f"{info.dataset.root_name!r} (made {info.created[:10]}, data {info.dataset.fingerprint})"
    if info.scored_with:
        return f"scores of {of}, given by the run {info.scored_with.run!r}"
    return f"a {info.kind} run of {of}"


def _own_images(run: Run) -> set[str]:
    """Return hashes of the images that the run is about."""
    samples = run.queries if run.info.scored_with else run.samples
    return set(samples["content_hash"].dropna())


def _hashes(samples: pd.DataFrame, root: Path) -> set[str]:
    found = set(samples["content_hash"].dropna())
    for path in samples.loc[samples["content_hash"].isna(), "image_path"]:
        try:
            found.add(content_hash(root / path))
        except (OSError, ImageError):  # set aside later, and said
            continue
    return found
