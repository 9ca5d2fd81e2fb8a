"""What the page of PNI calls things."""

from anomalylab.number_words import fixed, minus
from anomalylab.recipes.pni.told import NAMES

METRICS = {
    "image_auroc": ("Image AUROC", "Are defective images told from good ones?"),
    "pixel_auroc": ("Pixel AUROC", "Are pixels of defects told from good ones?"),
    "au_pro": ("AU-PRO", "Is each defect covered, however small?"),
}
"""Metric -> its name, and the question that it answers."""


def variant_name(variant: str) -> str:
    """Return the name of a variant for readers.

    Examples
    --------
    >>> variant_name("pni-position")
    'PNI by position alone'
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


def signed(value: float) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> signed(0.0123), signed(-0.5), signed(0.0)
    ('+0.012', '−0.500', '0.000')
    """
    text = fixed(value, 3)
    return text if float(text) == 0 else minus(f"{float(text):+.3f}")
