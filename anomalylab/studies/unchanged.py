"""Whether a study that is made again is of the same images, and what changed if it is not."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from anomalylab.errors import ImageError, RunError
from anomalylab.images.read import content_hash
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FILE
from anomalylab.runs.kinds import KINDS
from anomalylab.runs.replaced import check_replaced
from anomalylab.studies.material import Listed
from anomalylab.studies.synthetic import as_told


def check_unchanged(
    folder: Path, categories: Sequence[Listed], *, replace: bool = False, kind: str = "study"
) -> None:
    """Refuse to write a study over one of other images, or of images that have changed since.

    Categories may be added or left out; those that both have must hold the same images with the
    same labels.

    Parameters
    ----------
    folder : path
        Where the study goes; there need not be one.
    categories : sequence of Listed
    replace : bool
        Whether the person allows it whatever is there.
    kind : str
        Of the run: another that is made category by category is refused alike.

    Raises
    ------
    RunError
        Says what the earlier run was made of, or what changed.
    """
    if replace or not (folder / FILE).is_file():
        return
    samples = pd.concat([_hashed(one) for one in categories], ignore_index=True)
    samples.attrs = categories[0].samples.attrs
    check_replaced(folder, samples, categories[0].root, kind=kind)
    run = Run(folder)
    before, now = _facts(run.samples), _facts(samples)
    aside = {broken["path"] for broken in run.info.broken}
    shared = set(before["category"]) & set(now["category"])
    before, now = (facts[facts["category"].isin(shared)] for facts in (before, now))
    differences = _differences(before, now[~now.index.isin(aside)])
    if differences:
        raise RunError(
            f"{folder} holds {KINDS[kind].holds}, made of other images: "
            f"{'; '.join(differences)}; choose another folder with -o, or --replace it"
        )


def _differences(before: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    both = before.index.intersection(now.index)
    is_other = before.loc[both, "content_hash"] != now.loc[both, "content_hash"]
    is_relabelled = before.loc[both, "label"] != now.loc[both, "label"]
    found = {
        "changed": both[is_other],
        "relabelled": both[is_relabelled & ~is_other],
        "gone": before.index.difference(now.index),
        "new": now.index.difference(before.index),
    }
    return [
        f"{len(names)} {'image is' if len(names) == 1 else 'images are'} {how}, as {names[0]!r}"
        for how, names in found.items()
        if len(names)
    ]


def _hashed(category: Listed) -> pd.DataFrame:
    """Return the samples of a category with the content hash of each file that can be read."""
    samples = category.samples
    hashes = [
        known if isinstance(known, str) else _hash(category.root / path)
        for known, path in zip(samples["content_hash"], samples["image_path"], strict=True)
    ]
    return as_told(samples.assign(content_hash=pd.Series(hashes, samples.index, object)))


def _hash(path: Path) -> str | None:
    try:
        return content_hash(path)
    except (OSError, ImageError):  # set aside later, and said
        return None


def _facts(samples: pd.DataFrame) -> pd.DataFrame:
    facts = samples.set_index("image_path")[["category", "content_hash", "label"]]
    return facts.assign(label=facts["label"].astype("Float64").fillna(-1.0))
