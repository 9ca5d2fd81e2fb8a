"""A study's cells equal explicit refits and metrics, whoever computes them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from study_folders import SIZE, SMALL

from anomalylab import detectors, extractors, metrics, refine
from anomalylab.datasets.pollute import pollute
from anomalylab.features import Features
from anomalylab.images.masks import read_mask, resize_mask
from anomalylab.localise import AnomalyMaps
from anomalylab.runs.inputs import groups_of
from anomalylab.schema.study import KEY
from anomalylab.storage.blocks import BlockStore
from anomalylab.studies.run import run
from anomalylab.studies.store import KIND
from anomalylab.studies.toml import read_study
from anomalylab.verdicts.decision import decisions, label_free_thresholds

pytestmark = pytest.mark.xdist_group("study")

TABLES = ("study_cells", "study_metrics", "study_scores")


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
