"""Will the defects be seen? Sizes, resolution and the range of values."""

import numpy as np
import pandas as pd

from anomalylab.datasets.check._finding import Finding, about
from anomalylab.images.read import parse_intensity

MAX_SHRINK = 4.0
"""The long side may shrink so many times before a warning."""

SHRINKS_MUCH = "shrinks_much"
"""The finding that small defects may vanish: a guess from sizes alone."""

_MAX_STRETCH = 1.5
_DARK = 16  # a share of 1/16 of the range leaves 16 grey levels of 256
_DARK_SIGNED = 8  # half of a signed type lies below 0, and is hardly used


def resolution(facts: pd.DataFrame, size: tuple[int, int], cell: int) -> dict:
    """Say what a cell of the feature map covers in the original of median size.

    Parameters
    ----------
    facts : DataFrame
    size : (height, width)
        What images are resized to.
    cell : int
        Side of a cell in pixels of the resized image.

    Returns
    -------
    resolution : dict
        ``size``, ``cell``, ``cell_height`` and ``cell_width`` in original pixels, ``shrink`` of the
        long side; ``n_defects`` and ``n_small``, those smaller than a cell, by the masks.
    """
    height, width = float(facts["height"].median()), float(facts["width"].median())
    areas = facts["areas"].map(len)
    of_cell = cell**2 * facts["mask_height"] * facts["mask_width"] / (size[0] * size[1])
    small = [int((a < limit).sum()) for a, limit in zip(facts["areas"], of_cell, strict=True)]
    return {
        "size": list(size),
        "cell": cell,
        "cell_height": round(cell * height / size[0], 1),
        "cell_width": round(cell * width / size[1], 1),
        "shrink": round(float(height / size[0] if height >= width else width / size[1]), 2),
        "n_defects": int(areas.sum()),
        "n_small": sum(small),
    }


def check_resolution(facts: pd.DataFrame, found: dict) -> list[Finding]:
    """Find out whether defects vanish by shrinking, and whether shapes are distorted."""
    findings = []
    height, width = found["size"]
    a_cell = f"{found['cell_width']:g} x {found['cell_height']:g} original pixels"
    if found["shrink"] > MAX_SHRINK:
        message = (
            f"images shrink {found['shrink']:g} times: one cell covers {a_cell}, "
            "and defects much smaller than that will not be seen"
        )
        advice = "give a larger size, or cut images into parts"
        findings.append(Finding("warning", SHRINKS_MUCH, message, advice))
    if found["n_small"]:
        share = found["n_small"] / found["n_defects"]
        message = (
            f"{found['n_small']} of {found['n_defects']} marked defects ({share:.0%}) are smaller "
            f"than a cell ({a_cell})"
        )
        severity = "warning" if share > 0.1 else "note"
        findings.append(Finding(severity, "small_defects", message, "give a larger size"))
    return findings + _squeezed(facts, height, width)


def _squeezed(facts: pd.DataFrame, height: int, width: int) -> list[Finding]:
    aspects = facts["height"] / facts["width"]
    stretch = aspects / (height / width)
    is_squeezed = (stretch > _MAX_STRETCH) | (stretch < 1 / _MAX_STRETCH)
    if not is_squeezed.any():
        return []
    return about(
        "note",
        "squeezed",
        facts.loc[is_squeezed, "image_path"],
        "{images} squeezed: much longer in one direction than the size they are resized to",
        _fitting_size(float(aspects[is_squeezed].median()), height * width),
    )


def _fitting_size(aspect: float, n_pixels: int) -> str:
    """Name a size of as many pixels in the shape of the images, by steps of 32."""
    sides = [np.sqrt(n_pixels * aspect), np.sqrt(n_pixels / aspect)]
    height, width = (max(32, 32 * round(side / 32)) for side in sides)
    return f"--size {height}x{width} (height x width) is nearer to their shape at the same cost"


def check_sizes(facts: pd.DataFrame) -> list[Finding]:
    """Point out images of several sizes."""
    sizes = facts[["width", "height"]].value_counts()
    if len(sizes) == 1:
        return []
    small, large = (
        f"{getattr(facts['width'], end)()} x {getattr(facts['height'], end)()}"
        for end in ("min", "max")
    )
    message = f"images come in {len(sizes)} sizes, from {small} to {large}: all are resized to one"
    advice = "fine if the part fills the picture in each; else cut them alike"
    return [Finding("note", "mixed_sizes", message, advice)]


def check_values(facts: pd.DataFrame, intensity: str) -> list[Finding]:
    """Find out whether the intensity rule suits the values of the images."""
    limits = parse_intensity(intensity)
    facts = facts[facts["problem"] == ""]
    findings = _mixed(facts[["mode", "bits"]].drop_duplicates())
    integers = facts[(facts["bits"] > 8) & ~facts["is_float"] & facts["high"].notna()]
    if limits is None:
        findings += _floats_beyond_one(facts[facts["is_float"]])
        findings += _dark(integers)
    else:
        findings += _range_unused(facts, limits)
    return findings


def _mixed(modes: pd.DataFrame) -> list[Finding]:
    if len(modes) < 2:
        return []
    kinds = ", ".join(sorted(modes["mode"] + " of " + modes["bits"].astype(str) + " bits"))
    message = f"images of several kinds: {kinds}"
    advice = "make sure that they do not differ by class: a detector would learn the file format"
    return [Finding("note", "mixed_kinds", message, advice)]


def _dark(integers: pd.DataFrame) -> list[Finding]:
    """Warn of deep images that use a small part of their type, as 12 bits in 16 do."""
    used = integers["bulk_high"] - integers["bulk_low"].clip(upper=0)
    limit = np.where(integers["type_low"] < 0, 1 / _DARK_SIGNED, 1 / _DARK)
    is_dark = used / (integers["type_high"] - integers["type_low"]) < limit
    if is_dark.sum() * 2 > len(integers):
        return [_all_dark(integers[is_dark], len(integers))]
    return about(
        "warning",
        "dark_beside_others",
        integers.loc[is_dark, "image_path"],
        "{images} that use a small part of the range which others use, and come out nearly black "
        "beside them: perhaps of fewer bits",
        "bring all images to one bit depth, or leave these out",
    )


def _all_dark(dark: pd.DataFrame, n_seen: int) -> Finding:
    low, high = _bound(min(dark["bulk_low"].min(), 0)), max(1, _bound(dark["bulk_high"].max()))
    is_signed = (dark["type_low"] < 0).any()
    others = f" ({len(dark)} of {n_seen} images looked at)" if len(dark) < n_seen else ""
    message = (
        f"nearly all pixels of images of {dark['bits'].max()} bits lie between "
        f"{dark['bulk_low'].min():g} and {dark['bulk_high'].max():g}, a small part of what their "
        f"type can hold{others}: under the intensity rule 'full' they are nearly "
        f"{'of one grey' if is_signed else 'black'}"
    )
    return Finding("warning", "dark", message, f"use --intensity range:{low},{high}", len(dark))


def _bound(value: float) -> int:
    """Return the next whole number of bits beyond a value: 4095 for 2515, -1023 for -700."""
    size = 2 ** int(abs(value)).bit_length() - 1
    return -size if value < 0 else size


def _floats_beyond_one(floats: pd.DataFrame) -> list[Finding]:
    low, high = floats["low"].min(), floats["high"].max()
    is_beyond = (floats["low"] < 0) | (floats["high"] > 1)
    return about(
        "error",
        "floats_beyond_one",
        floats.loc[is_beyond, "image_path"],
        f"{{images}} with floats from {low:.4g} to {high:.4g}; the intensity rule 'full' expects "
        "0 to 1",
        f"use --intensity range:{low:.4g},{high:.4g}, or better the limits of your camera",
    )


def _range_unused(facts: pd.DataFrame, limits: tuple[float, float]) -> list[Finding]:
    """Warn of images that would come out nearly black, or clipped, under a given range."""
    low, high = limits
    top = facts["bulk_high"].where(facts["bits"] > 8, 255.0)
    rule = f"the intensity rule range:{low:g},{high:g}"
    return [
        *about(
            "warning",
            "dark",
            facts.loc[top - low < (high - low) / _DARK, "image_path"],
            f"{{images}} nearly black under {rule}, by the values they hold or can hold",
            "leave them out, or choose a range that suits all",
        ),
        *about(
            "warning",
            "clipped",
            facts.loc[(facts["bulk_high"] > high) | (facts["bulk_low"] < low), "image_path"],
            f"{{images}} with values beyond {rule}: they are clipped",
            "widen the range unless that is meant",
        ),
    ]
