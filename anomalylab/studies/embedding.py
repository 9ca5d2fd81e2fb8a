"""Embedding spread over the workers of a cluster, which share the cache of features."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from anomalylab import extractors
from anomalylab.extractors import Extractor
from anomalylab.progress import counting
from anomalylab.runs import plugins
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shape import create_extractor
from anomalylab.storage.cache import cache_folder
from anomalylab.studies.crew import Crew
from anomalylab.studies.material import Listed
from anomalylab.studies.spread import spread
from anomalylab.studies.worker import use_cache

IMAGES = 64
"""Images that a worker embeds at a time."""


@dataclass(frozen=True)
class Embedding:
    """Some images that a worker is to embed, whose features it leaves in the cache.

    Parameters
    ----------
    source : DetectRequest
        With the size that images are resized to.
    samples : DataFrame
        Rows of SAMPLES.
    root, cache : path
        As the workers see them.
    """

    source: DetectRequest
    samples: pd.DataFrame
    root: Path
    cache: Path

    @property
    def jobs(self) -> tuple[str, ...]:
        """Return one job: these images."""
        return ("embed",)

    @property
    def names(self) -> list[str]:
        """What this is told by where it fails."""
        return [f"{len(self.samples)} images from {self.samples['sample_id'].iloc[0]}"]

    def carry_out(self) -> Mapping[str, str]:
        """Embed them; whoever reads the features tells of images that cannot be read."""
        use_cache(self.cache)
        for path in self.source.plugins:
            plugins.load(path)
        extractors.extract(
            self.samples,
            self.root,
            create_extractor(self.source),
            intensity=self.source.intensity,
            resize=self.source.resize,
            progress=False,
        )
        return {}


def embed_on(crew: Crew, category: Listed, extractor: Extractor) -> None:
    """Let workers embed the images of a category, so that their features are in the cache.

    Parameters
    ----------
    crew : Crew
    category : Listed
    extractor : Extractor
    """
    source = replace(category.source, size=extractor.size)
    samples = category.samples
    parts = [
        Embedding(source, samples.iloc[start : start + IMAGES], category.root, cache_folder())
        for start in range(0, len(samples), IMAGES)
    ]
    with counting(len(parts), "embed images on the cluster") as advance:
        spread(parts, crew, advance)
