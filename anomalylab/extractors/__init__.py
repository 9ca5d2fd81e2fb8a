"""Frozen extractors: images in, levels of feature maps out. One a file."""

from anomalylab.registry import Registry

registry: Registry = Registry("anomalylab.extractors", "backbone")
register = registry.register
