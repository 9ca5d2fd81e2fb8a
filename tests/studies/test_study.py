"""A study's cells equal explicit refits and metrics, whoever computes them; what fails is told."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score, roc_auc_score

from anomalylab import detectors, extractors, metrics, refine
from anomalylab.cli.main import main
from anomalylab.datasets.pollute import pollute
from anomalylab.datasets.textures import make_textures
from anomalylab.errors import InfeasiblePollution, ParameterError, UnknownNameError
from anomalylab.features import Features
from anomalylab.images.masks import read_mask, resize_mask
from anomalylab.localise import AnomalyMaps
from anomalylab.runs.folder import Run
from anomalylab.runs.inputs import groups_of
from anomalylab.schema.study import KEY
from anomalylab.storage.blocks import BlockStore
from anomalylab.studies.check import checked
from anomalylab.studies.crew import Crew, processes
from anomalylab.studies.run import run
from anomalylab.studies.toml import read_study
from anomalylab.studies.worker import KIND
from anomalylab.verdicts.decision import decisions, label_free_thresholds

pytestmark = pytest.mark.xdist_group("study")

SIZE = (64, 64)
TABLES = ("study_cells", "study_metrics", "study_scores")

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of two products, of which one has too few defects."""
    folder = tmp_path_factory.mktemp("study")
    make = {"n_test_good": 4, "size": 64}
    make_textures(folder / "data", category="part", n_train=12, n_test_defect=6, **make)
    make_textures(folder / "data", category="grass", n_train=12, n_test_defect=2, **make)
    (folder / "mine.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def request_(folder):
    return read_study(folder / "mine.toml")


@pytest.fixture(scope="module")
def finished(request_, folder):
    """The study, computed by two processes."""
    with Crew(processes(2)) as crew:
        return run(request_, folder / "out", crew=crew)


@pytest.fixture(scope="module")
def material(finished, folder):
    """Samples, features and pollution of the product, made without the study's help."""
    samples = finished.samples
    extractor = extractors.create("lite0", size=SIZE)
    levels = extractors.extract(samples, folder / "data", extractor).features.levels
    return samples, Features(levels, groups_of(samples)), pollute(samples, share=0.25)


def tables(finished):
    return {name: finished.table(name) for name in TABLES}


def of_cell(table, cell):
    return table[(table[list(KEY)] == pd.Series(cell)[list(KEY)]).all(axis=1)]


def kept_by_hand(cell, features, train, is_noise):
    """The rows that a strategy keeps, by refits alone."""
    name = cell["strategy"].partition(" ")[0]
    if name == "none" or not cell["reject"]:
        return train
    if name == "perfect":
        return train[~is_noise]
    if name == "random":
        suspicion = np.random.default_rng(cell["seed"]).permutation(len(train))
    else:
        params = {"k": 2} if cell["scorer"] == "knn-k=2" else {}
        params = {"coreset": 0.5} if cell["scorer"].startswith("patchcore") else params
        detector = detectors.create(cell["scorer"].partition("-")[0], **params)
        detector = detector.fit(features.subset(train))
        if name == "sroc" and not cell["scorer"].startswith("patchcore"):
            suspicion = detector.training_scores(leave_out="group")[0]
        else:
            pool = detectors.RefitPool(detector, detector.own_levels(features))
            options = {"leave_out": "group"} if name == "sroc" else {"folds": 3}
            suspicion = refine.ranking(name, pool, train, seed=cell["seed"], **options)
    n_removed = int(cell["reject"] * len(train))
    return train[np.sort(np.argsort(-suspicion, kind="stable")[n_removed:])]


def test_the_cells_are_those_that_were_asked_for(finished):
    cells = finished.table("study_cells")
    assert set(cells["category"]) == {"part"}
    assert (cells["status"] == "done").all()
    assert (cells["reason"] == "").all()
    refined = cells[cells["study"] == "refinement"]
    # of 3 detectors: 2 strategies by 2 scorers, one without, each at 2 shares; and perfect once
    assert len(cells) == 3 * 2 + 3 * ((2 * 2 + 1) * 2 + 1)
    assert set(refined["scorer"]) == {
        "",
        "knn-k=2",
        "padim",
        "patchcore-coreset=0.5",
        "mahalanobis",
    }
    assert (cells["n_train"] == 12).all()
    assert (cells["n_polluted"] == (12 * cells["pollution"]).astype(int)).all()
    of_perfect = refined["strategy"] == "perfect"
    n_removed = np.where(of_perfect, refined["n_polluted"], (12 * refined["reject"]).astype(int))
    assert (refined["n_removed"] == n_removed).all()
    assert (refined[of_perfect]["n_removed_polluted"] == 3).all()


@pytest.mark.parametrize("label", ["knn-k=2", "padim", "patchcore-coreset=0.5"])
def test_cells_equal_explicit_refits_and_metrics(finished, material, label, folder):
    samples, features, pollution = material
    made = {"knn-k=2": ("knn", {"k": 2}), "padim": ("padim", {})}
    name, params = made.get(label, ("patchcore", {"coreset": 0.5}))
    cells = finished.table("study_cells")
    measured, scores = finished.table("study_metrics"), finished.table("study_scores")
    judged = pollution.validation
    labels = samples["label"].to_numpy(int)
    masks = [
        np.zeros(SIZE, bool)
        if pd.isna(path)
        else resize_mask(read_mask(folder / "data" / path), SIZE)
        for path in samples["mask_path"].iloc[judged]
    ]
    for cell in cells[cells["detector"] == label].to_dict("records"):
        train, is_noise = pollution.training(cell["pollution"], cell["seed"])
        kept = np.sort(kept_by_hand(cell, features, train, is_noise))
        fitted = detectors.create(name, **params).fit(features.subset(kept))
        expected, maps = fitted.score(features.subset(judged))
        of_training = fitted.training_scores()[0]
        found = of_cell(scores, cell)
        rows = {
            role: found[found["role"] == role].set_index("sample_id") for role in set(found["role"])
        }
        ids = samples["sample_id"].to_numpy()
        assert set(rows["train"].index) == set(ids[kept])
        assert len(found) == len(train) + len(judged)
        assert rows["test"].loc[ids[judged], "score"].to_numpy() == pytest.approx(
            expected, rel=1e-4
        )
        assert rows["train"].loc[ids[kept], "score"].to_numpy() == pytest.approx(
            of_training, rel=1e-4
        )
        assert (
            found["label"].to_numpy() == labels[[list(ids).index(i) for i in found["sample_id"]]]
        ).all()
        removed = np.setdiff1d(train, kept)
        if len(removed):
            of_removed = fitted.image_scores(features.subset(removed))
            seen = rows["removed"].loc[ids[removed], "score"].to_numpy()
            assert seen == pytest.approx(of_removed, rel=1e-4)
        values = of_cell(measured, cell).set_index("metric")["value"]
        by_hand = {
            "auroc": roc_auc_score(labels[judged], expected),
            "ap": average_precision_score(labels[judged], expected),
            **decisions(of_training, expected, labels[judged]),
        }
        anomaly_maps = AnomalyMaps(maps, [SIZE] * len(maps), smoothing=4.0, network_size=SIZE)
        placed, _ = metrics.localisation(masks, anomaly_maps, max_fpr=0.3)
        by_hand |= {metric: placed[metric] for metric in ("pixel_auroc", "au_pro", "au_iou")}
        if cell["reject"]:
            assert cell["n_removed_polluted"] == is_noise[np.isin(train, removed)].sum()
            quality = metrics.refinement(is_noise, ~np.isin(train, kept))
            by_hand |= {f"refinement_{metric}": value for metric, value in quality.items()}
        assert values.to_dict() == pytest.approx(by_hand, rel=1e-4, nan_ok=True)
        threshold = label_free_thresholds(of_training)["5"]
        beyond = rows["test"].loc[ids[judged], "is_beyond_5"].to_numpy()
        assert (beyond == (expected >= threshold)).all()


def test_one_process_gives_the_same_bytes_as_two_and_computes_nothing_twice(
    request_, finished, folder, monkeypatch, tmp_path
):
    store = BlockStore(KIND).folder
    for path in store.glob("*.block"):
        path.unlink()
    again = run(request_, tmp_path / "again")
    for name in (*TABLES, "samples", "thumbnails"):
        file = f"{name}.parquet"
        assert (again.folder / file).read_bytes() == (finished.folder / file).read_bytes(), name

    def fail(*args, **kwargs):
        raise AssertionError("computed twice")

    monkeypatch.setattr("anomalylab.studies.worker.pool_of", fail)
    monkeypatch.setattr("anomalylab.studies.jobs.measure", fail)
    run(request_, tmp_path / "again")
    n_sets = len({tuple(values) for values in again.table("study_times")[["seconds"]].to_numpy()})
    assert n_sets < len(again.table("study_cells"))  # equal training sets are fitted once


def test_a_category_with_too_few_defects_is_left_out_and_said_or_refused(request_, finished):
    left_out = finished.info.part.left_out
    assert list(left_out) == ["grass"]
    assert "0.25 of 12 good training images are 3" in left_out["grass"]
    assert any("grass is left out" in one.message for one in finished.info.findings)
    with pytest.raises(InfeasiblePollution, match=r"grass: 0\.25 of 12 good training images are 3"):
        checked(replace(request_, categories=("grass",)))
    with pytest.raises(UnknownNameError, match="unknown category 'pert'; did you mean 'part'"):
        checked(replace(request_, categories=("pert",)))


def test_the_run_says_what_it_was_made_of_and_what_it_found(finished):
    info = finished.info
    assert finished.kind.name == "study"
    assert info.command == "anomalylab study mine.toml -o reports/out"
    assert info.dataset.loader == "mvtec_ad"
    assert info.part.extractor.weights.startswith("lite0")
    assert info.part.strategies[0] == "sroc leave_out=group"
    assert list(info.verdicts) == info.part.fitted == ["knn-k=2", "padim", "patchcore-coreset=0.5"]
    assert finished.verdict.startswith("knn-k=2: 25\u202f% polluted: AUROC ")
    assert finished.verdict in finished._repr_html_()
    assert set(finished.table("thumbnails")["sample_id"]) == set(finished.samples["sample_id"])
    assert (finished.table("study_times")["seconds"] > 0).all()
    finished.check()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"padim"', '"padin"', "unknown detector 'padin'; did you mean 'padim'"),
        ('"padim"', '"padim:kk=3"', "unknown option of detector 'padim' 'kk'"),
        ('"random"', '"randon"', "unknown strategy 'randon'; did you mean 'random'"),
        ("folds=3", "fold=3", "unknown option of strategy 'cross-validation' 'fold'"),
        ("folds=3", "folds=1", "folds is a whole number from 2, not 1"),
        ("folds=3", "folds=13", "images are dealt into 2 to 12 parts"),
        ('"perfect"', '"perfect:k=3"', "strategy 'perfect' has no options"),
        ('"perfect"', '"cells"', "'cells' takes cells out of a memory, and knn has none"),
        ('"perfect"', '"sroc:replace=2"', "unknown value of replace '2'"),
        ('"perfect"', '"sroc:replace=true"', "replacing 6 of 12 images takes as many other"),
        ("leave_out=group", "leave_out=all", "unknown value of leave_out 'all'"),
        ("[0.0, 0.5]", "[0.9]", "2 of 12 training images are left when 90.% are removed"),
        ("k=2", "k=9", r"6 of 12 training images.*compares with k=9 others, needs 10"),
        ('"padim"', '"padim:levels=block9"', "unknown level of padim-levels=block9 'block9'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_computed(
    folder, tmp_path, monkeypatch, before, after, message
):
    assert before in STUDY
    text = STUDY.replace(before, after).replace('"data"', f'"{folder / "data"}"')
    (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("anomalylab.studies.run.embedded", None)
    with pytest.raises((ParameterError, UnknownNameError), match=message):
        run(read_study(tmp_path / "wrong.toml"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


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


@pytest.fixture
def small(folder, tmp_path):
    """Arguments of a small study by a plugin's detector, on images that may be changed."""
    shutil.copytree(folder / "data", tmp_path / "data")
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "brittle.py").write_text(BRITTLE, encoding="utf-8")
    plugin = ["--plugin", str(tmp_path / "brittle.py")]
    return ["study", str(tmp_path / "small.toml"), "-o", str(tmp_path / "out"), *plugin]


def test_a_cell_that_fails_has_its_reason_and_the_others_go_on(small, tmp_path, capsys):
    assert main(small) == 0
    finished = Run(tmp_path / "out")
    cells = finished.table("study_cells").set_index(["study", "strategy", "reject"])["reason"]
    assert cells["pollution", "none", 0.0] == ""
    assert cells["refinement", "random", 0.1] == ""  # 11 of 12 images are kept, then 10, then 8
    assert cells["refinement", "random", 0.2] == ""
    assert "8 images are too few" in cells["refinement", "random", 0.4]
    assert cells["refinement", "sroc", 0.1] == ""
    scores = finished.table("study_scores")
    assert not (scores["reject"] == 0.4).any()
    assert finished.info.part.n_failed == 2
    told = capsys.readouterr().out
    assert "WARNING: 2 cells of 7 could not be computed, as that of brittle on part: " in told


def test_images_that_pollute_and_are_judged_have_two_scores(small, tmp_path, capsys):
    assert main(small) == 0
    scores = Run(tmp_path / "out").table("study_scores")
    polluted = scores[scores["study"] == "pollution"]
    n_roles = polluted[polluted["label"] == 1].groupby("sample_id")["role"].nunique()
    assert sorted(n_roles) == [1, 1, 1, 2, 2, 2]  # 3 of 6 defects are in the training set, too
    assert "are judged, too" in capsys.readouterr().out


def test_what_pollutes_and_is_judged_of_one_part_is_told(small, tmp_path, capsys):
    text = SMALL.replace('protocol = "append-overlap"', "")
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    defects = sorted((tmp_path / "data" / "part" / "test").glob("*/*.png"))
    defects = [path for path in defects if path.parent.name != "good"]
    for path in defects:  # one picture, moved by a pixel: near copies of each other
        shift = defects.index(path)
        pixels = np.roll(np.asarray(Image.open(defects[0])), shift, axis=1)
        Image.fromarray(pixels).save(path)
    assert main(small) == 0
    assert (
        "have images both among the pollution and among what is judged" in capsys.readouterr().out
    )


def test_a_study_over_images_that_have_changed_is_refused_and_says_which(small, tmp_path, capsys):
    assert main(small) == 0
    good = tmp_path / "data" / "part" / "train" / "good"
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(good / "003.png")
    (good / "004.png").unlink()
    Image.fromarray(np.full((64, 64, 3), 99, np.uint8)).save(good / "new.png")
    before = (tmp_path / "out" / "run.json").read_bytes()
    assert main(small) == 1
    told = capsys.readouterr().err
    assert "1 image is changed, as 'part/train/good/003.png'" in told
    assert "1 image is gone, as 'part/train/good/004.png'" in told
    assert "1 image is new, as 'part/train/good/new.png'" in told
    assert (tmp_path / "out" / "run.json").read_bytes() == before
    assert main([*small, "--replace"]) == 0


def test_a_dry_run_tells_what_would_be_computed_and_computes_nothing(small, tmp_path, capsys):
    assert main([*small, "--dry-run", "--workers", "2"]) == 0
    told = capsys.readouterr().out
    assert "part: 12 good training images, up to 3 defective ones for them, 10 images to be" in told
    assert "7 cells, at most 7 different training sets, 2 rankings" in told
    assert "with 2 workers" in told
    assert "memory: up to " in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [],
            "name a study as a TOML file, or one that is built in with --preset: cutpaste, quick, ",
        ),
        (
            ["mine.toml", "--preset", "quick"],
            "name a study as a TOML file, or one that is built in",
        ),
        (["none.toml"], "there is no study 'none.toml'"),
        (["--preset", "quick"], "give a folder of images"),
        (["--preset", "quick", "nowhere"], "nowhere does not exist"),
    ],
)
def test_a_study_that_is_not_named_or_not_there_is_refused(arguments, message, capsys):
    assert main(["study", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_cells_leave_a_memory_and_good_images_replace_bad_ones_and_defects_are_painted(
    folder, tmp_path
):
    text = SMALL.replace("brittle", "patchcore").replace('"data"', f'"{folder / "data"}"')
    text = text.replace('"part"', '"grass"').replace('protocol = "append-overlap"', "synthetic = 3")
    text = text.replace("[0.0]", "[0.25]").replace("[0.1, 0.2, 0.4]", "[0.2]")
    text = text.replace('["random", "sroc"]', '["random:replace=true", "cells"]')
    (tmp_path / "options.toml").write_text(text, encoding="utf-8")
    finished = run(read_study(tmp_path / "options.toml"), tmp_path / "out")
    samples = finished.samples
    is_painted = samples["defect_type"].str.startswith("synthetic:").fillna(False)
    # 2 defects are there; 9 good images take 2 and 3 are to be judged: 3 are painted into others
    assert is_painted.sum() == 3
    assert samples.loc[is_painted, "image_path"].str.startswith("grass/synthetic/").all()
    assert any("3 of 5 defects are synthetic" in one.message for one in finished.info.findings)
    assert str(tmp_path) not in (tmp_path / "out" / "run.json").read_text(encoding="utf-8")

    cells = finished.table("study_cells").set_index("strategy")
    scores = finished.table("study_scores").set_index("strategy")
    assert (cells["status"] == "done").all()
    assert (cells["n_train"] == 9).all()
    replaced = scores.loc["random replace=true"]
    assert replaced["role"].value_counts().to_dict() == {"train": 9, "removed": 1, "test": 7}
    assert cells.loc["random replace=true", "n_removed"] == 1
    kept = scores.loc["cells"]
    assert kept["role"].value_counts().to_dict() == {"train": 9, "test": 7}

    plain = scores.loc["none"].set_index("sample_id")["score"]
    fewer = kept[kept["role"] == "test"].set_index("sample_id")["score"]
    assert (fewer >= plain[fewer.index] - 1e-6).all()  # a smaller memory is never nearer
    assert (fewer > plain[fewer.index] + 1e-3).any()
    metrics_of_cells = finished.table("study_metrics").set_index("strategy").loc["cells", "metric"]
    assert not metrics_of_cells.str.startswith("refinement").any()


@pytest.mark.parametrize("command", ["suspects", "sensitivity", "score", "reveal"])
def test_commands_about_judged_images_refuse_a_study(finished, tmp_path, command, capsys):
    more = [str(finished.folder), "-o", str(tmp_path / "x")] if command == "score" else []
    if command == "reveal":
        table = tmp_path / "labels.csv"
        table.write_text("image_path,label\npart/test/good/000.png,0\n", encoding="utf-8")
        more = ["--labels", str(table)]
    assert main([command, str(finished.folder), *more]) == 1
    assert "holds a study of polluted training sets" in capsys.readouterr().err
