"""Defects with exact masks, one a file, and the surfaces they are put on.

A defect is a function ``(image, rng, contrast=1.0, *, where=None, scale=1.0) -> (image, mask)``. It
leaves the given image alone, changes the new one inside the mask only, and puts the same seed's
defect in the same place whatever the contrast. Ours take ``centre`` too, the place itself, and
some have options of their own.
"""

from anomalylab.registry import Registry

registry: Registry = Registry("anomalylab.synthesise", "defect")
register = registry.register

FOR_TRAINING = ("brush", "cutpaste", "cutpaste_scar", "draem", "line")
"""Defects that networks are trained with. Nothing was proven of what a run sees of them, so that
they are painted only where they are asked for by name."""


def usual() -> tuple[str, ...]:
    """Return the defects that are painted where none is named, those of plugins among them."""
    return tuple(name for name in registry if name not in FOR_TRAINING)
