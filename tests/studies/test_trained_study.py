"""Detectors that train a network, in a study: refitted on every training set, and once each."""

import numpy as np
import pytest

from anomalylab import detectors, extractors, metrics
from anomalylab.datasets.pollute import pollute
from anomalylab.datasets.textures import make_textures
from anomalylab.detectors import _pasted
from anomalylab.runs.inputs import with_images
from anomalylab.runs.request import DetectorChoice
from anomalylab.studies import category
from anomalylab.studies.crew import Crew, processes
from anomalylab.studies.plan import plan
from anomalylab.studies.run import run
from anomalylab.studies.toml import read_study

pytestmark = pytest.mark.xdist_group("trained_study")

TAUGHT = "cutpaste@tiny:size=48,copies=2"
LABEL = DetectorChoice.parse(TAUGHT).label

STUDY = f"""
detectors = ["knn:k=2", "{TAUGHT}"]
[data]
path = "data"
[features]
size = "64x64"
[protocol]
share = 0.25
[pollution]
levels = [0.0, 0.25]
seeds = [0, 1]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained_study")
    make_textures(
        folder / "data", category="part", n_train=12, n_test_good=4, n_test_defect=6, size=64
    )
    (folder / "mine.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def request_(folder):
    return read_study(folder / "mine.toml")


@pytest.fixture(scope="module")
def finished(request_, folder):
    return run(request_, folder / "out")


@pytest.fixture
def n_steps(monkeypatch):
    """How often the loss is computed from here on, in a list of one number."""
    counted, loss_of = [0], _pasted.loss_of_classes

    def counting(*given):
        counted[0] += 1
        return loss_of(*given)

    monkeypatch.setattr(_pasted, "loss_of_classes", counting)
    return counted


def aurocs(finished):
    table = finished.table("study_metrics")
    table = table[(table["detector"] == LABEL) & (table["metric"] == "auroc")]
    return table.set_index(["pollution", "seed"])["value"]


def test_cells_equal_explicit_trainings(finished, folder):
    samples = finished.samples
    extraction = extractors.extract(samples, folder / "data", extractors.create("lite0", size=64))
    features = with_images(extraction.features, samples, folder / "data", intensity="full")
    pollution, found = pollute(samples, share=0.25), aurocs(finished)
    labels = samples["label"].to_numpy(int)[pollution.validation]
    for level, seed in [(0.0, 0), (0.25, 0), (0.25, 1)]:
        train, _ = pollution.training(level, seed)
        detector = detectors.create("cutpaste", preset="tiny", size=48, copies=2)
        detector.fit(features.subset(np.sort(train)))
        scores = detector.image_scores(features.subset(pollution.validation))
        assert found[level, seed] == pytest.approx(metrics.auroc(labels, scores), abs=1e-9)


def test_the_study_is_made_again_without_training(finished, request_, folder, n_steps):
    again = run(request_, folder / "again")
    assert n_steps[0] == 0
    assert aurocs(again).equals(aurocs(finished))


def test_a_worker_comes_to_the_same(finished, request_, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    with Crew(processes(1)) as crew:
        spread = run(request_, tmp_path / "spread", crew=crew)
    assert aurocs(spread).equals(aurocs(finished))


class GivenOut(Exception):  # noqa: N818
    """Jobs were given out."""


def test_trainings_are_given_out_one_by_one(request_, folder, tmp_path, monkeypatch):
    def noted(chunks, *_):
        raise GivenOut(sorted((chunk.detector.name, len(chunk.jobs)) for chunk in chunks))

    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(category, "spread", noted)
    with pytest.raises(GivenOut) as given:
        run(request_, tmp_path / "out")
    assert given.value.args[0] == [*[("cutpaste", 1)] * 3, ("knn", 3)]


def test_what_trainings_take_is_said_beforehand(request_):
    assert "the cells take about" in plan(request_, 1)


def test_the_study_of_pollution_of_a_trained_detector_comes_with_the_package():
    request = read_study(preset="cutpaste", given={"data": {"dataset": "textures"}})
    assert [choice.name for choice in request.source.detectors] == [
        "cutpaste",
        "mahalanobis",
        "patchcore",
    ]
    assert list(request.pollution.levels) == [0.0, 0.1]
