"""The parts of the page on the auto-encoder, each a function of an opened run."""

from anomalylab.reports.autoencoder.called import called
from anomalylab.reports.autoencoder.curves import curves
from anomalylab.reports.autoencoder.headline import headline
from anomalylab.reports.autoencoder.latents import latents
from anomalylab.reports.autoencoder.live import made
from anomalylab.reports.autoencoder.opened import Found, opened
from anomalylab.reports.autoencoder.overlays import overlays
from anomalylab.reports.autoencoder.printed import printed
from anomalylab.reports.autoencoder.values import values
from anomalylab.reports.parts.provenance import provenance

__all__ = [
    "Found",
    "called",
    "curves",
    "headline",
    "latents",
    "made",
    "opened",
    "overlays",
    "printed",
    "provenance",
    "values",
]
