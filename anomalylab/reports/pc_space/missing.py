"""What a page on PC space says where something is missing: labels to learn from, or images."""

from collections.abc import Iterable

from anomalylab.errors import DatasetError
from anomalylab.number_words import plural
from anomalylab.pc_space.opened import PCSpace


def supervised_reason(pc: PCSpace) -> str:
    """Return why nothing could be learned from labels, without a full stop; empty if it could.

    Parameters
    ----------
    pc : PCSpace
    """
    if pc.coefficients is not None:
        return ""
    return pc.info.why_no_odds or "the odds need normal and anomalous training images with labels"


def images_reason(pc: PCSpace, sample_ids: Iterable[str]) -> str:
    """Return why some images cannot be shown, without a full stop; empty if all can.

    The message names no folder, for pages are handed on.

    Parameters
    ----------
    pc : PCSpace
    sample_ids : iterable of str
    """
    try:
        pc.root.stat()
    except (DatasetError, OSError):
        return "the images are not where they were; give their folder with --data"
    gone = [name for name in sample_ids if not is_readable(pc, name)]
    if not gone:
        return ""
    paths = pc.samples.set_index("sample_id")["image_path"]
    if any(pc.leads_out(paths[name]) for name in gone):
        return "images are links that lead out of their folder; give that with --data"
    are = "is" if len(gone) == 1 else "are"
    return f"{plural(len(gone), 'image')} {are} gone or changed since the run, first {gone[0]}"


def is_readable(pc: PCSpace, sample_id: str) -> bool:
    """Return whether an image is there and the one of the run."""
    try:
        pc.image(sample_id)
    except DatasetError:
        return False
    return True
