"""Defects with exact masks, one a file, and the surfaces they are put on.

A defect is a function ``(image, rng, contrast=1.0, *, where=None, scale=1.0) -> (image, mask)``. It
leaves the given image alone, changes the new one inside the mask only, and puts the same seed's
defect in the same place whatever the contrast.
"""

from anomalylab.registry import Registry

registry: Registry = Registry("anomalylab.synthesise", "defect")
register = registry.register
