"""What the page of PNI calls things."""

from anomalylab.recipes.pni.info import PNIInfo
from anomalylab.recipes.pni.told import NAMES

METRICS = {
    "image_auroc": ("Image AUROC", "Are defective images told from good ones?"),
    "pixel_auroc": ("Pixel AUROC", "Are pixels of defects told from good ones?"),
    "au_pro": ("AU-PRO", "Is each defect covered, however small?"),
}
"""Metric -> its name, and the question that it answers."""


def has_memory_with_edges(about: PNIInfo) -> bool:
    """Tell whether PatchCore and place alone have a memory of their own, with the border."""
    parameters = about.parameters
    return bool(parameters.get("is_edge_kept")) and bool(parameters.get("margin"))


def variant_name(variant: str) -> str:
    """Return the name of a variant for readers.

    Examples
    --------
    >>> variant_name("pni-position")
    'PNI by place alone'
    """
    return NAMES.get(variant, variant)


def way_name(variant: str, blend: float) -> str:
    """Return the name of a way to judge.

    Examples
    --------
    >>> way_name("pni", 0.1), way_name("pni", 1.0)
    ('PNI, 10 % refined', 'PNI, refined map alone')
    """
    if blend == 0:
        return variant_name(variant)
    share = "refined map alone" if blend == 1 else f"{blend:.0%} refined".replace("%", " %")
    return f"{variant_name(variant)}, {share}"
