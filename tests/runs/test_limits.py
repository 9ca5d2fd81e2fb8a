"""Rates of false alarms that were asked for, and thresholds from good new images."""

import numpy as np
import pytest
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.errors import ParameterError
from anomalylab.metrics.intervals import rate_interval
from anomalylab.runs.detect import run
from anomalylab.runs.displayed import bulk_behind
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.verdicts import thresholds

pytestmark = pytest.mark.xdist_group("limits")

SIDE = 64
N_KNOWN = 40
KNN = "knn"


def written(folder, numbers, grey=120.0):
    """A folder of noisy surfaces; every number is another."""
    folder.mkdir()
    for number in numbers:
        rng = np.random.default_rng(number)
        noise = rng.normal(grey, 25, (SIDE, SIDE, 1)) + rng.normal(0, 4, (SIDE, SIDE, 3))
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(folder / f"{number:04}.png")
    return folder


def request(data, **asked):
    chosen = (DetectorChoice(name=KNN),)
    return DetectRequest(
        data=data, detectors=chosen, size=(SIDE, SIDE), sensitivity="none", **asked
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return written(tmp_path_factory.mktemp("limits") / "data", range(N_KNOWN))


@pytest.fixture(scope="module")
def trained(data):
    return run(request(data), data.parent / "run")


@pytest.fixture(scope="module")
def new(data):
    return written(data.parent / "new", range(100, 130))


@pytest.fixture(scope="module")
def good(data):
    return written(data.parent / "good", range(200, 224))


def test_a_run_starts_from_the_rate_that_is_asked_for(data, tmp_path):
    asked = request(data, max_false_alarms=0.05)
    assert "--max-false-alarms 0.05" in asked.command(tmp_path)
    finished = run(asked, tmp_path / "run")
    for kind in ("image", "map"):
        assert finished.thresholds(KNN, kind)["method"].iloc[0] == "conformal_5"
    scores = finished.scores(KNN)["score"].to_numpy()
    n_beyond = int((scores >= finished.threshold(KNN)).sum())
    assert n_beyond + 1 == 2  # the second of 41 places is the last that promises 5 %
    words = finished.info.verdicts[KNN]
    assert words.n_suspects == n_beyond
    assert words.expected_by_chance == pytest.approx(40 * 2 / 41)
    assert words.kind == "clean"
    assert words.training.endswith("1 image reaches it, about 2 would if all were good.")


def test_a_rate_that_the_images_cannot_promise_is_refused_before_they_are_embedded(
    data, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("anomalylab.extractors.extract", lambda *args, **options: 1 / 0)
    words = ["run", str(data), "--max-false-alarms", "1%", "-o", str(tmp_path / "run")]
    assert main(words) == 1
    assert "cannot promise a false-alarm rate below 1 in 41" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["5", "0", "-5%", "five", "100%", "5%%"])
def test_what_is_no_share_is_refused_with_the_ways_to_write_one(text):
    with pytest.raises(ParameterError, match=r"as 0.05, or 5% with its sign"):
        thresholds.read_rate(text)


def test_new_images_are_held_against_the_rate_that_is_asked_for(trained, new, tmp_path):
    scored = score(trained.folder, new, tmp_path / "scored", max_false_alarms=0.1)
    table = scored.thresholds(KNN)
    assert table["method"].iloc[0] == "conformal_10"
    assert set(trained.thresholds(KNN)["method"]) <= set(table["method"])
    known = trained.scores(KNN)["score"]
    expected = thresholds.from_conformal(known, max_fpr=0.1)
    assert scored.threshold(KNN) == expected.value
    words = scored.info.verdicts[KNN]
    assert words.expected_by_chance == pytest.approx(30 * 4 / 41)
    assert scored.info.command.endswith("--max-false-alarms 0.1 -o scored")


def test_good_new_images_give_the_thresholds(trained, new, good, tmp_path):
    """Ranks among them, by hand: one of 24 may lie beyond a threshold of two places in 25."""
    scored = score(trained.folder, new, tmp_path / "scored", calibrate_on=good)
    of_good = score(trained.folder, good, tmp_path / "of_good").scores(KNN)["score"].to_numpy()
    table = scored.thresholds(KNN)
    assert table["method"].tolist() == ["conformal_5", "conformal_10", "conformal_lowest"]
    assert table["n_images"].eq(24).all()
    assert table["note"].str.contains("24 good new images").all()
    values = dict(zip(table["method"], table["value"], strict=True))
    assert values["conformal_5"] == np.nextafter(np.sort(of_good)[-1], np.inf)
    assert values["conformal_10"] == np.nextafter(np.sort(of_good)[-2], np.inf)
    p_values = scored.scores(KNN)["p_value"].to_numpy()
    scores = scored.scores(KNN)["score"].to_numpy()
    by_hand = [(1 + np.sum(of_good >= value)) / 25 for value in scores]
    np.testing.assert_allclose(p_values, by_hand)
    assert bulk_behind(scored, KNN) is None
    assert any("24 good new images in 'good'" in f.message for f in scored.info.findings)
    assert "24 good new ones" in scored.verdict
    assert "--calibrate-on good" in scored.info.command
    Run(scored.folder).check()


def test_good_images_of_another_light_set_the_rate_right(trained, tmp_path):
    """The run promises a tenth and most lie beyond; ranks among their like keep the promise."""
    bright = written(tmp_path / "bright", range(300, 360), grey=200)
    like_them = written(tmp_path / "like_them", range(400, 430), grey=200)
    rates = {}
    for name, asked in {"run": {}, "good": {"calibrate_on": like_them}}.items():
        scored = score(trained.folder, bright, tmp_path / name, max_false_alarms=0.1, **asked)
        beyond = scored.scores(KNN)["score"] >= scored.threshold(KNN)
        rates[name] = int(beyond.sum())
    assert rates["run"] > 30
    low, high = rate_interval(rates["good"], 60, level=0.999)
    assert low <= 0.1 <= high + 0.1


@pytest.mark.parametrize(
    ("numbers", "suffix", "why"),
    [
        ([*range(200, 210), 105], "png", "are among those to be scored"),
        ([*range(200, 210), 7], "png", "are among those the run was fitted on"),
        ([*range(200, 210), 105], "bmp", "are among those to be scored"),
        ([*range(200, 210), 7], "bmp", "are among those the run was fitted on"),
    ],
)
def test_good_images_that_are_known_are_refused_also_saved_again(
    numbers, suffix, why, trained, new, tmp_path
):
    folder = written(tmp_path / "good", numbers)
    for path in folder.glob("*.png"):
        Image.open(path).save(path.with_suffix(f".{suffix}"))
        if suffix != "png":
            path.unlink()
    with pytest.raises(ParameterError, match=f"1 of 11 good images in 'good' {why}"):
        score(trained.folder, new, tmp_path / "scored", calibrate_on=folder)
    assert not (tmp_path / "scored").exists()


def test_too_few_good_images_for_a_rate_are_refused(trained, new, good, tmp_path):
    with pytest.raises(ParameterError, match="below 1 in 25"):
        score(trained.folder, new, tmp_path / "s", calibrate_on=good, max_false_alarms=0.02)
