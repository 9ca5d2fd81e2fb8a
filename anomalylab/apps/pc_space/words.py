"""What the explorer of PC space says, as HTML in which everything from data is escaped."""

from html import escape

import numpy as np
import pandas as pd

from anomalylab.apps.pc_space.clouds import CloudSet
from anomalylab.apps.pc_space.linked import LinkedWindows
from anomalylab.apps.pc_space.state import FAR_OUT, PCSpaceState
from anomalylab.number_words import grouped, percent
from anomalylab.pc_space.cloud import RESIDUAL, Cloud, defect_share
from anomalylab.pc_space.opened import PCSpace

HOW_TO = (
    "Draw a box or a lasso in the cloud, or click or draw a box in the image: the same windows "
    "light up in amber in both."
)
NOTHING_LIT = "Nothing is selected."


def head_words(pc: PCSpace) -> str:
    """Return what the page is and which data it shows."""
    name = pc.run.info.dataset.root_name
    side = pc.space.window
    n_normal = len(pc.run.info.training_ids)
    is_unlabelled = pc.run.info.is_unlabelled
    whose = "images taken as normal" if is_unlabelled else "normal training images"
    title = "Every window of an image is a point: where do the odd ones fly?"
    note = (
        f"{len(pc.at_hand)} images of “{name}”; windows of {side} × {side} pixels in "
        f"{pc.space.n_components} principal components of {n_normal} {whose}, "
        f"which hold {_explained(pc):.0f} % of their variance."
    )
    how = f"<p>{escape(HOW_TO)}</p>"
    return f"<h2>{escape(title)}</h2>{how}<p class='note'>{escape(note)}</p>"


def image_facts(state: PCSpaceState) -> str:
    """Return class, score and rank of the image on the right."""
    row = state.row
    rank = int((state.table["score"] > row["score"]).sum()) + 1
    kind = row["defect_type"] if isinstance(row["defect_type"], str) else row["class"]
    kind = row["class"] if kind in ("good", row["class"]) else f"{row['class']}: {kind}"
    place = f"{state.score} {row['score']:.3g}, rank {rank} of {len(state.table)}"
    note = f"{kind}, {row['split']}; {place}"
    return f"<p class='note {row['class']}'>{escape(note)}</p>"


def cloud_words(state: PCSpaceState, shown: CloudSet, layers: str) -> str:
    """Return the question over the cloud and what its marks are."""
    n = len(shown.clouds)
    whose = f"{n} images" if state.is_of_several else state.short(state.sample_id)
    title = f"Where do the windows of {whose} lie?"
    points = f"{grouped(shown.n_windows)} windows, each a point; the brighter, the more."
    cut = ""
    if state.is_of_several and n < state.n_images:
        cut = f" There are no more than {n} such images."
    beyond = " Residual: distance from PC space." if RESIDUAL in (state.x, state.y) else ""
    return _heading(title, f"{points}{cut} {layers}{beyond}")


def picture_words(state: PCSpaceState) -> str:
    """Return the question over the image and what its colours are."""
    at_threshold = state.pc.run.map_ramp.split()[0].capitalize()
    meanings = {
        "picture": "As photographed.",
        "one band": "The direction in which the image's own colours vary most, in grey.",
        "distance from PC space": f"{at_threshold}: as far from PC space as the threshold of maps.",
        "odds": "Red: bins that raise the odds of a defect. Blue: that lower them.",
    }
    truth = " White line: the true defect." if state.row["class"] == "anomalous" else ""
    return _heading("Where in the image is that?", meanings[state.see] + truth)


def selected_words(state: PCSpaceState, linked: LinkedWindows) -> str:
    """Return how many windows are lit up, and how many of them touch the defect."""
    if state.selection is None:
        return f"<p class='note'>{NOTHING_LIT}</p>"
    clouds, masks = linked.lit_clouds
    n, of = sum(int(mask.sum()) for mask in masks), sum(mask.size for mask in masks)
    if not n:
        return "<p class='note'>No window lies there. Select another place, or press Clear.</p>"
    where = f" beyond {FAR_OUT}\u202fσ" if state.selection.kind == "beyond" else ""
    said = f"<b>{grouped(n)}</b> windows lit up{where}, {percent(n / of)} of those shown"
    if len(clouds) > 1:
        n_images = sum(bool(mask.any()) for mask in masks)
        n_here = grouped(int(linked.lit.sum()))
        said += f", in {n_images} of {len(clouds)} images; {n_here} in this one"
    return f"<p class='lit'>{said}. {_on_defect(clouds, masks)}</p>"


def gallery_words(n_patches: int, *, is_all: bool, by_residual: bool, has_truth: bool) -> str:
    """Return the question over the patches and their order."""
    order = "furthest from PC space first" if by_residual else "furthest from the origin first"
    whose = "this image" if is_all else "what is lit up"
    below = "that distance" if by_residual else "that distance in standard deviations (σ)"
    note = f"{n_patches} windows of {whose}, {order}; of neighbours only one. Below each, {below}. "
    note += "Red: on the defect." if has_truth else ""
    return _heading("What do they look like?", note if n_patches else "")


def axis_words(state: PCSpaceState) -> str:
    """Return the question over the sweep along an axis."""
    if state.along == RESIDUAL:
        note = (
            "Windows of this image by their distance from PC space, in units of the root mean "
            "square of normal windows."
        )
    else:
        note = (
            "Left: the components, blue below 0 and red above, with their share of the variance. "
            "Right: windows of this image by their place on the axis, in standard deviations."
        )
    return _heading(f"What lives along {state.along}?", note)


def multiples_words(n: int, axes: tuple[str, str]) -> str:
    """Return the question over the small clouds."""
    return _heading(
        "How do clouds of normal and of anomalous images differ?",
        f"The {n} highest scores of each, {axes[0]} to the right, {axes[1]} upwards, one scale "
        "for all. Click one to open it.",
    )


def card_words(windows: pd.DataFrame, *, by_residual: bool) -> list[str]:
    """Return the value under each patch: how many deviations, or how far from PC space."""
    unit = "" if by_residual else "\u202fσ"
    return [f"{value**0.5:.1f}{unit}" for value in windows["value"]]


def _heading(title: str, note: str) -> str:
    return f"<h3>{escape(title)}</h3><p class='note'>{escape(note)}</p>"


def _explained(pc: PCSpace) -> float:
    return 100 * float(pc.space.shares.sum())


def _on_defect(clouds: list[Cloud], masks: list[np.ndarray]) -> str:
    known = [pair for pair in zip(clouds, masks, strict=True) if pair[0].on_defect is not None]
    if not known:
        return "Whether they touch a defect is not known."
    truth = [cloud.on_defect for cloud, _ in known if cloud.on_defect is not None]
    base, of = sum(int(one.sum()) for one in truth), sum(one.size for one in truth)
    n = sum(int(mask.sum()) for _, mask in known)
    hit = sum(round((defect_share(*pair) or 0) * int(pair[1].sum())) for pair in known)
    if not base:
        return "There is no defect."
    if not hit:
        return f"<b>None</b> of them touches the defect; of all windows, {percent(base / of)} do."
    return (
        f"<b>{percent(hit / n)}</b> of them touch the defect (of all windows, "
        f"{percent(base / of)}); of those that do, {percent(hit / base)} are lit."
    )
