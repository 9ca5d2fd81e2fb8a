"""Trials are trained once, kept, and found again; what fails is told, and the others go on."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.errors import ParameterError, TrainingError
from anomalylab.recipes.metric_learning.inputs import categories_of, read_category
from anomalylab.recipes.metric_learning.request import MetricLearningRequest
from anomalylab.recipes.metric_learning.tables import TrialTables
from anomalylab.recipes.metric_learning.trials import settings_of, trials_of
from anomalylab.schema import metric_learning as schema

LEVELS = {"train/good": (100, 104, 108), "test/good": (102, 106), "test/cut": (150, 160)}


class Brightness:
    """A network whose embedding is the mean brightness, and whose heat is even."""

    history = pd.DataFrame(
        [(1, "validation", "loss", 0.5), (2, "validation", "loss", 0.7)],
        columns=["epoch", "part", "measure", "value"],
    )

    def embed(self, images):
        level = images.mean(axis=(1, 2, 3))
        return np.column_stack([level, np.zeros(len(level))]).astype(np.float32)

    def channel_means(self, images):
        return images.mean(axis=(1, 2))

    def heat(self, images, *, of, reference, nearest=None, distance="cosine"):
        assert (of == "logit") == (nearest is None)
        assert len(reference) == len(images)
        assert (reference < 115).all()  # of normal images, the nearest ones
        return np.ones((len(images), 2, 2), np.float32)


def write_category(folder):
    """A category in the layout of MVTec AD, the left quarter of each defect marked."""
    for part, levels in LEVELS.items():
        (folder / part).mkdir(parents=True)
        for number, level in enumerate(levels):
            noise = np.random.default_rng(level).integers(-9, 10, (40, 40, 3))
            Image.fromarray((level + noise).astype(np.uint8)).save(folder / part / f"{number}.png")
    (folder / "ground_truth/cut").mkdir(parents=True)
    mask = np.zeros((40, 40), np.uint8)
    mask[:, :10] = 255
    for number in range(2):
        Image.fromarray(mask).save(folder / f"ground_truth/cut/{number}_mask.png")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("products")
    for name in ("bolt", "nut"):
        write_category(root / name)
    return root


@pytest.fixture
def taught(monkeypatch, tmp_path):
    """Count trainings instead of doing them, with a cache of its own."""
    from anomalylab.training import embedding

    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    calls = []

    def train(images, labels, groups, **options):
        calls.append((options["loss"], len(images), labels))
        if options["loss"] == "center":
            raise TrainingError("the loss is no number in epoch 1, step 3", 1, 3)
        return Brightness()

    monkeypatch.setattr(embedding, "train_embedding", train)
    return calls


def request_of(data, **asked):
    params = {"distance": "euclidean"}
    return MetricLearningRequest(data=data, **{"preset": "tiny", "params": params, **asked})


def done(request):
    """All finished trials of a request, with the categories that they judged."""
    settings = settings_of(request)
    listed = categories_of(request)
    size = settings[0].detector.seen_size
    categories = [read_category(one, size, "full") for one in listed]
    together = [categories] if request.experiment == "classes" else [[one] for one in categories]
    found = [trial for some in together for trial in trials_of(request, settings, some)]
    return found, {one.name: one for one in categories}


def tables_of(request):
    found, categories = done(request)
    collected = TrialTables("default")
    for one in found:
        category = categories[one.trial.category]
        small = category.shown.table(category.samples, category.masks)
        collected.add(one, category, small, "amber to red")
    return collected.tables()


def test_a_trial_that_is_kept_is_not_trained_again_and_others_are(data, taught):
    request = request_of(data / "bolt", losses=("arcface",))
    first, _ = done(request)
    again, _ = done(request)
    assert [loss for loss, _, _ in taught] == ["arcface"]
    np.testing.assert_array_equal(first[0].arrays["places"], again[0].arrays["places"])
    done(request_of(data / "bolt", losses=("arcface", "cosface")))
    assert [loss for loss, _, _ in taught] == ["arcface", "cosface"]
    done(request_of(data / "bolt", losses=("arcface",), seeds=(1,)))
    done(request_of(data / "bolt", losses=("arcface",), as_published=True))
    assert len(taught) == 4


def test_what_changes_in_an_image_or_a_label_is_judged_anew(data, taught, tmp_path):
    own = write_category(tmp_path / "own")
    request = request_of(own, losses=("arcface",))
    done(request)
    (own / "test/cut/1.png").rename(own / "test/good/9.png")
    done(request)
    assert len(taught) == 2


def test_the_nearest_normal_image_and_the_heat_are_told_by_tables(data, taught):
    tables = tables_of(request_of(data / "bolt", losses=("arcface",)))
    for table in vars(schema).values():
        if getattr(table, "name", "").startswith("metric_"):
            table.check(tables[table.name])
    distances = tables["metric_distances"].set_index(["role", "sample_id"])
    of_cut = distances.loc[("test", "test/cut/0.png")]
    assert of_cut["nearest_id"] == "train/good/2.png"
    assert of_cut["distance"] == pytest.approx(42, abs=1.5)
    # Each training image is compared with the others: 100 with 104, not with itself.
    assert distances.loc[("train", "train/good/0.png"), "nearest_id"] == "train/good/1.png"
    values = tables["metric_values"].set_index("metric")["value"]
    assert values["auroc"] == 1
    heat = tables["metric_heat"].dropna(subset=["mass_in_mask"])
    assert set(heat["of"]) == {"logit", "distance"}
    # Even heat lies in the mask as the mask lies in the image.
    assert heat["mass_in_mask"].to_numpy() == pytest.approx(heat["mask_share"].to_numpy())
    assert heat["mask_share"].to_numpy() == pytest.approx(0.25, abs=0.02)
    assert (heat["peak"] == 1).all()
    training = tables["metric_trainings"].iloc[0]
    assert (training["epochs"], training["best_epoch"]) == (2, 1)
    assert training["trained_on"] == "normal, twin"


def test_a_training_that_fails_is_told_and_the_others_go_on(data, taught):
    tables = tables_of(request_of(data / "bolt", losses=("center", "arcface")))
    status = tables["metric_trainings"].set_index("loss")
    assert status["status"].to_dict() == {"center": "failed", "arcface": "done"}
    assert "epoch 1, step 3" in status["reason"]["center"]
    assert set(tables["metric_values"]["loss"]) == {"arcface"}


def test_classes_share_one_training_and_judge_each_category(data, taught):
    tables = tables_of(request_of(data, experiment="classes"))
    ((loss, n_images, labels),) = taught
    assert (loss, n_images) == ("arcface", 6)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert tables["metric_trainings"]["category"].tolist() == ["bolt", "nut"]
    assert set(tables["metric_heat"]["of"]) == {"distance"}
    nearest = tables["metric_distances"].groupby("category")["nearest_id"].unique()
    assert all(name.startswith("nut/") for name in nearest["nut"])


def test_one_defect_is_judged_with_and_without_what_was_trained_on(data, taught):
    tables = tables_of(request_of(data / "bolt", experiment="one-defect"))
    assert [labels.tolist() for _, _, labels in taught] == [[0, 0, 0, 1, 1]]
    values = tables["metric_values"].set_index("metric")
    assert values["value"]["auroc"] == 1
    assert np.isnan(values["value"]["auroc_untrained"])
    assert "nothing to find" in values["note"]["auroc_untrained"]
    roles = tables["metric_distances"].groupby("sample_id")["role"].unique()
    assert set(roles["test/cut/0.png"]) == {"train", "test"}
    classes = tables["metric_classes"].set_index("defect_type")["is_trained_on"]
    assert classes.to_dict() == {"good": False, "cut": True}


def test_without_labels_defects_are_planted(data, taught):
    tables = tables_of(request_of(data / "bolt" / "train"))
    values = tables["metric_values"].set_index("metric")
    assert np.isfinite(values["value"]["planted_auroc"])
    assert values["value"].drop("planted_auroc").isna().all()


def test_folders_of_their_own_are_put_together(data, taught):
    also = (data / "nut",)
    found, categories = done(request_of(data / "bolt", also=also, experiment="classes"))
    assert [one.trial.category for one in found] == ["bolt", "nut"]
    assert {category.root for category in categories.values()} == {data.resolve()}
    first = categories["nut"].samples.iloc[0]
    assert first["image_path"] == first["sample_id"] == "nut/test/cut/0.png"
    assert first["mask_path"] == "nut/ground_truth/cut/0_mask.png"


def test_a_loss_cannot_be_given_twice_nor_among_options(data):
    with pytest.raises(ParameterError, match="several different ones"):
        request_of(data, losses=("arcface", "arcface"))
    with pytest.raises(ParameterError, match="option of its own"):
        request_of(data, params={"seed": 3})
    with pytest.raises(ParameterError, match="in the experiment one-defect, not in twins"):
        request_of(data, defect="cut")
