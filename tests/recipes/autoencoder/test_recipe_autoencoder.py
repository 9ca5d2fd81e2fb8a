"""The recipe from the command line to its tables: tiny networks on built-in images."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.errors import TrainingStopped
from anomalylab.metrics.over_levels import thresholds
from anomalylab.recipes.autoencoder.request import AutoencoderRequest
from anomalylab.recipes.autoencoder.run import run
from anomalylab.runs.folder import TABLES, Run
from anomalylab.training import watching

pytestmark = pytest.mark.xdist_group("autoencoder")

NUMBERS = {"n_train": 12, "n_test_good": 3, "n_test_defect": 5, "size": 64}
WORDS = ["recipe", "autoencoder"]
TINY = ["--preset", "tiny", "--epochs", "5"]
OWN = [name for name in TABLES if name.startswith("autoencoder_")]


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    root = tmp_path_factory.mktemp("textures")
    for category in ("brick", "grass"):
        make_textures(root, category=category, **NUMBERS)
    return root


@pytest.fixture(scope="module")
def finished(textures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "brick"
    words = [str(textures / "brick"), *TINY, "--latents", "8,64", "-o", str(out)]
    assert main([*WORDS, *words]) == 0
    return Run(out)


def decoded(picture):
    return np.asarray(Image.open(io.BytesIO(picture)))


def test_a_run_holds_every_table(finished):
    finished.check()
    assert len(OWN) == 9
    for name in OWN:
        assert len(TABLES[name].check(finished.table(name))), name
    trainings = finished.table("autoencoder_trainings")
    assert trainings[["latent", "is_main"]].to_numpy().tolist() == [[64, True], [8, False]]
    assert trainings["steps"].tolist() == [10, 10]  # 11 images in batches of 8, five times
    part = finished.info.part
    assert (part.latents, part.latents_on, part.size) == ([8, 64], "tiny", (64, 64))
    assert (part.n_train, part.n_held_out, part.n_test) == (11, 1, 8)
    assert finished.info.command.startswith("anomalylab recipe autoencoder brick --preset tiny")


def test_the_verdict_tells_what_a_threshold_without_labels_finds(finished):
    assert finished.verdict.startswith("At a threshold of 0.")
    assert "taken from 1 good image held out" in finished.verdict
    maxima = finished.table("autoencoder_maxima").query("role == 'test' and latent == 64")
    taus = finished.table("autoencoder_taus").set_index("method")["tau"]
    n_called = (maxima["score"] > taus["left_out_good"]).groupby(maxima["label"]).sum()
    assert f"finds {n_called[1] or 'none'} of 5 defective images" in finished.verdict
    assert f"calls {n_called[0] or 'none'} of 3 good ones by mistake" in finished.verdict
    assert any("trials" in finding.message for finding in finished.info.findings)


def test_the_pictures_call_what_the_curve_counts(finished):
    taus = finished.table("autoencoder_taus").set_index("method")
    assert taus["uses_labels"].to_dict() == {
        "left_out_good": False,
        "planted": False,
        "f1_oracle": True,
    }
    steps = thresholds(finished.info.part.highest)
    maxima = finished.table("autoencoder_maxima").query("role == 'test' and latent == 64")
    score = maxima.set_index("sample_id")["score"]
    curve = finished.table("autoencoder_tau_curve").query("average == 'pooled'")
    shown = finished.table("autoencoder_pictures")
    assert set(shown["defect_type"]) == {"good", *curve["defect_type"]} - {"all"}
    for picture in shown.itertuples():
        levels = decoded(picture.residual)
        assert levels.shape == (64, 64)
        assert levels.max() == np.searchsorted(steps, score[picture.sample_id])
        if picture.defect_type == "good":
            assert not decoded(picture.truth).any()
            continue
        # five images of five types: each is all there is of its type
        called, truth = levels > taus.loc["planted", "level"], decoded(picture.truth) > 0
        row = curve[curve["defect_type"] == picture.defect_type].set_index("level")
        row = row.loc[taus.loc["planted", "level"]]
        assert row["recall"] == pytest.approx(called[truth].mean())
        assert row["accuracy"] == pytest.approx((called == truth).mean())
        assert row["tau"] == pytest.approx(taus.loc["planted", "tau"])


def test_values_at_a_threshold_are_those_of_the_curve(finished):
    taus = finished.table("autoencoder_taus").set_index("method")["level"]
    values = finished.table("autoencoder_values").query("latent == 64")
    curve = finished.table("autoencoder_tau_curve").query("average == 'pooled'")
    curve = curve.set_index(["defect_type", "level"])
    for metric in ("precision", "recall", "f1", "accuracy"):
        own = values[values["metric"] == metric]
        assert len(own) == 6 * 3
        for row in own.itertuples():
            at = curve.loc[(row.defect_type, taus[row.method]), metric]
            assert row.value == pytest.approx(at)
    best = curve.loc["all", "f1"].max()
    oracle = values.query("metric == 'f1' and method == 'f1_oracle' and defect_type == 'all'")
    assert oracle["value"].item() == pytest.approx(best)


def test_values_lie_inside_their_ranges_and_few_images_make_them_wide(finished):
    values = finished.table("autoencoder_values")
    known = values[values["value"].notna()]
    assert {"pixel_auroc", "au_pro", "auroc", "recall"} <= set(known["metric"])
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    recall = known[known["metric"] == "recall"]
    assert (recall["high"] - recall["low"] > 0.2).all()  # at most five images


def test_f1_is_there_for_a_training_that_was_found_again(finished, textures, tmp_path, monkeypatch):
    words = [str(textures / "brick"), *TINY, "--residual", "max_abs"]
    with monkeypatch.context() as found:
        found.setattr("anomalylab.training.course.Course._run_epochs", None)
        assert main([*WORDS, *words, "-o", str(tmp_path / "again")]) == 0
    again = Run(tmp_path / "again").table("autoencoder_f1_course")
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "empty"))
    assert main([*WORDS, *words, "-o", str(tmp_path / "anew")]) == 0
    anew = Run(tmp_path / "anew").table("autoencoder_f1_course")
    pd.testing.assert_frame_equal(again, anew)
    assert again["epoch"].nunique() == 5
    assert not again.equals(finished.table("autoencoder_f1_course"))


def test_a_run_says_what_scores_new_images_in_its_place(finished, textures, tmp_path, capsys):
    images, out = textures / "brick" / "test", tmp_path / "out"
    assert main(["score", str(finished.folder), str(images), "-o", str(out)]) == 1
    told = capsys.readouterr().err
    command = "anomalylab run brick --detector autoencoder@tiny:epochs=5 -o reports/brick_scores"
    assert command in told
    assert "scores no new images" in told


def test_f1_is_looked_at_after_each_epoch(finished):
    course = finished.table("autoencoder_f1_course")
    assert course.query("defect_type == 'all'")["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert course["f1"].between(0, 1).all()


def test_the_same_command_again_trains_nothing(finished, textures, tmp_path, monkeypatch):
    from anomalylab.training.course import Course

    monkeypatch.setattr(Course, "_run_epochs", None)
    words = [str(textures / "brick"), *TINY, "--latents", "8,64", "-o", str(tmp_path / "x")]
    assert main([*WORDS, *words]) == 0
    again = Run(tmp_path / "x")
    for name in OWN:
        one, other = (
            part.table(name).drop(columns="seconds", errors="ignore") for part in (finished, again)
        )
        pd.testing.assert_frame_equal(one, other)


def test_a_recipe_that_was_stopped_goes_on_and_keeps_what_was_seen(textures, tmp_path):
    class Stops:
        told_of = 0

        def told(self, history):
            self.told_of = history["epoch"].max()

        def wants_to_stop(self):
            return self.told_of == 2

    request = AutoencoderRequest(
        data=textures / "brick", preset="tiny", params={"epochs": 4}, seed=3
    )
    with watching(Stops()), pytest.raises(TrainingStopped):
        run(request, tmp_path / "one")
    assert not (tmp_path / "one").exists()
    course = run(request, tmp_path / "one").table("autoencoder_f1_course")
    assert course["epoch"].unique().tolist() == [1, 2, 3, 4]


def test_images_without_labels_have_thresholds_and_no_claim(textures, tmp_path):
    out = tmp_path / "unlabelled"
    folder = textures / "grass" / "train" / "good"
    assert (
        main([*WORDS, str(folder), *TINY, "--background", "0.1", "--min-area", "4", "-o", str(out)])
        == 0
    )
    found = Run(out)
    assert "f1_oracle" not in set(found.table("autoencoder_taus")["method"])
    assert not len(found.table("autoencoder_tau_curve"))
    verdict = found.info.verdicts["autoencoder"]
    assert verdict.kind == "undecidable"
    assert "unlabelled image" in verdict.sentence
    assert "good" not in verdict.sentence
    assert "unlabelled image" in found.table("autoencoder_taus")["note"].iloc[0]
    told = [finding.message for finding in found.info.findings]
    assert any(one.startswith("8 of 8 images to learn from have no label") for one in told)
    assert "--background 0.1 --min-area 4" in found.info.command


def test_with_no_image_held_out_no_threshold_is_taken_from_any(textures, tmp_path):
    words = ["--preset", "tiny", "--epochs", "1", "--options", "validation=0"]
    out = tmp_path / "all"
    assert main([*WORDS, str(textures / "brick"), *words, "-o", str(out)]) == 0
    made = Run(out)
    assert made.table("autoencoder_taus")["method"].tolist() == ["f1_oracle"]
    assert set(made.table("autoencoder_maxima")["role"]) == {"test"}
    assert made.verdict.startswith("No image was held out")


def test_device_and_memory_are_asked_for_before_images_are_read(
    textures, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("anomalylab.recipes.autoencoder.run.read_category", None)
    for option, message in (
        ("device=cuda:7", "no device cuda:7 here"),
        ("n_images=100000000", "GB are free"),
    ):
        words = [str(textures / "brick"), *TINY, "--options", option, "-o", str(tmp_path / "x")]
        assert main([*WORDS, *words]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--latent", "513"], "1 to 512"),
        (["--latents", "8,600"], "1 to 512"),
        (["--latents", "8,x"], "whole numbers"),
        (["--options", "size=100"], "sides of 64, 72"),
        (["--options", "seed=1"], "none of --options"),
        (["--quantile", "2"], "quantile"),
        (["--min-area", "0"], "min_area"),
        (["--background", "1"], "background"),
    ],
)
def test_bad_requests_end_in_one_line_before_the_work(textures, tmp_path, capsys, words, message):
    arguments = [str(textures / "brick"), "--preset", "tiny", *words, "-o", str(tmp_path / "x")]
    assert main([*WORDS, *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_of_several_categories_one_is_to_be_named(textures, tmp_path, capsys):
    assert main([*WORDS, str(textures), *TINY, "-o", str(tmp_path / "x")]) == 1
    assert "--category: brick, grass" in capsys.readouterr().err
