"""Detectors that train a network, in a study: refitted on every training set, and once each."""

import numpy as np
import pytest

from anomalylab import detectors, extractors, metrics
from anomalylab.cli import study as study_command
from anomalylab.cli.main import build_parser
from anomalylab.datasets.pollute import pollute
from anomalylab.datasets.textures import make_textures
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


REBUILT, KNOWN = "autoencoder@tiny", "pni@tiny"

OF_BOTH = """
detectors = ["autoencoder@tiny", "pni@tiny"]
[data]
path = "data"
[features]
size = "64x64"
[protocol]
share = 0.25
[pollution]
levels = [0.25]
seeds = [0]
[refinement]
pollution = [0.25]
rejects = [0.25]
strategies = ["sroc", "random"]
seeds = [0]
[metrics]
places = "network"
"""


def features_of(finished, folder):
    samples = finished.samples
    extraction = extractors.extract(samples, folder / "data", extractors.create("lite0", size=64))
    return with_images(extraction.features, samples, folder / "data", intensity="full")


@pytest.fixture(scope="module")
def of_both(folder):
    (folder / "both.toml").write_text(OF_BOTH, encoding="utf-8")
    return run(read_study(folder / "both.toml"), folder / "both")


@pytest.mark.parametrize("label", [REBUILT, KNOWN])
def test_auto_encoders_and_pni_are_polluted_and_refined_by_refits(of_both, folder, label):
    cells = of_both.table("study_cells")
    assert (cells["status"] == "done").all()
    features, samples = features_of(of_both, folder), of_both.samples
    pollution = pollute(samples, share=0.25)
    train, validation = np.sort(pollution.training(0.25, 0)[0]), pollution.validation
    labels = samples["label"].to_numpy(int)[validation]
    detector = detectors.create(label.partition("@")[0], preset="tiny")
    fitted = detector.fit(features.subset(train))
    suspicion = fitted.image_scores(features.subset(train))
    kept = train[np.sort(np.argsort(-suspicion, kind="stable")[3:])]
    for strategy, rows in (("none", train), ("sroc", kept)):
        scores = (
            detector.unfitted().fit(features.subset(rows)).image_scores(features.subset(validation))
        )
        table = of_both.table("study_metrics")
        own = table[(table["detector"] == label) & (table["strategy"] == strategy)]
        found = own.set_index("metric")["value"]
        assert found["auroc"] == pytest.approx(metrics.auroc(labels, scores), abs=1e-9)
        assert np.isfinite(found[["au_pro", "pixel_auroc"]]).all()


REFINE = "epochs=1,copies=1,size=16,width=2"


def test_the_maps_of_detectors_are_refined_in_every_cell(folder, tmp_path):
    text = STUDY.replace(f', "{TAUGHT}"', "").replace("seeds = [0, 1]", "seeds = [0]")
    file = folder / "refined.toml"
    file.write_text(f'refine = "{REFINE}"\n{text}', encoding="utf-8")
    finished = run(read_study(file), tmp_path / "out")
    told = finished.info.part.detectors["knn-k=2"]
    assert (told.name, told.params["detector"], told.params["epochs"]) == ("refined", "knn", 1)
    features, samples = features_of(finished, folder), finished.samples
    train, _ = pollute(samples, share=0.25).training(0.25, 0)
    options = {"epochs": 1, "copies": 1, "size": 16, "width": 2, "seed": 0}
    detector = detectors.Refined.of(detectors.create("knn", k=2), **options)
    detector.described_by(extractors.create("lite0", size=64))
    rows = np.sort(train)
    scores, _ = detector.fit(features.subset(rows)).training_scores()
    table = finished.table("study_scores")
    own = table[(table["pollution"] == 0.25) & (table["role"] == "train")]
    by_hand = dict(zip(samples["sample_id"].iloc[rows], scores, strict=True))
    found = own.set_index("sample_id")["score"].to_dict()
    assert found == pytest.approx(by_hand, rel=1e-5)


def test_refining_is_asked_for_in_the_words_of_a_run(folder):
    command = ["study", str(folder / "mine.toml"), "--dry-run"]
    parsed = build_parser().parse_args([*command, "--refine", REFINE])
    given, words = study_command._given(parsed, is_file=True)
    assert words == [f"--refine={REFINE}"]
    request = read_study(folder / "mine.toml", given=given, options=words)
    assert request.source.refine == {"epochs": 1, "copies": 1, "size": 16, "width": 2}
    assert "--refine=" in request.command(folder / "out")
    assert read_study(folder / "mine.toml", given={"refine": True}).source.refine == {}
