"""What ``run.json`` holds of a run of this recipe."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PNIInfo:
    """The part of a run of PNI.

    Parameters
    ----------
    categories : list of str
    variants : list of str
        Those that were judged, in order.
    preset : str
    parameters : dict
        Of the detector ``pni``, but for what restricts the memory.
    chosen : list of str
        Parameters that were given rather than taken from the preset.
    refine : dict or None
        Settings of the network that refines maps; None if there was none.
    backbones : list of str
    network : str
        The first of them in words, its weights among them.
    size : tuple of int
        Height and width that images were resized to, the first category's.
    smoothing : float
        Of anomaly maps, in pixels of the resized images.
    maps : list of str
        Names of the maps that the run holds: category, variant, and ``-refined`` for refined ones.
    """

    categories: list[str]
    variants: list[str]
    preset: str = "cpu"
    parameters: dict[str, Any] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    refine: dict[str, Any] | None = None
    backbones: list[str] = field(default_factory=list)
    network: str = ""
    size: tuple[int, int] = (224, 224)
    smoothing: float = 4.0
    maps: list[str] = field(default_factory=list)
