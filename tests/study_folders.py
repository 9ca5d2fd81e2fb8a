"""Studies of a few textures as files, and a plugin whose detector breaks."""

SIZE = (64, 64)


def changed(study, before, after, folder, out):
    """Write a study in which one thing is another, on the images of a folder; return its file."""
    assert before in study
    text = study.replace(before, after).replace('"data"', f'"{folder / "data"}"')
    (out / "wrong.toml").write_text(text, encoding="utf-8")
    return out / "wrong.toml"


STUDY = """
detectors = ["knn:k=2", "padim", "patchcore:coreset=0.5"]
[data]
path = "data"
[features]
size = "64x64"
[protocol]
share = 0.25
[pollution]
levels = [0.0, 0.25]
seeds = [3]
[refinement]
pollution = [0.25]
rejects = [0.0, 0.5]
strategies = ["sroc:leave_out=group", "cross-validation:folds=3", "random", "perfect"]
scorers = ["same", "mahalanobis"]
seeds = [3]
[metrics]
places = "network"
"""


BRITTLE = """
from dataclasses import dataclass
from anomalylab.detectors import Detector, register
from anomalylab.errors import ParameterError

@register("brittle")
@dataclass(kw_only=True)
class Brittle(Detector):
    \"\"\"Mean distance from the mean, refused for few images, broken for fewer.\"\"\"

    levels: tuple[str, ...] | str | None = None

    def _fit(self, features):
        if len(features) < 6:
            raise MemoryError("no room")
        if len(features) < 9:
            raise ParameterError(f"{len(features)} images are too few")
        self.mean_ = features.pooled().mean(axis=0)

    def _score(self, features):
        scores = abs(features.pooled() - self.mean_).mean(axis=1)
        return scores, scores[:, None, None]
"""


SMALL = """
detectors = ["brittle"]
[data]
path = "data"
category = "part"
[features]
size = 64
[protocol]
share = 0.25
protocol = "append-overlap"
[pollution]
levels = [0.25]
seeds = 1
[refinement]
pollution = [0.0]
rejects = [0.1, 0.2, 0.4]
strategies = ["random", "sroc"]
seeds = 1
"""
