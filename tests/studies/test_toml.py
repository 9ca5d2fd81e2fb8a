"""A study is declared in TOML: every key is read, and what is wrong is said before any work."""

import pytest

from anomalylab.errors import AnomalyLabError, DatasetError, ParameterError, UnknownNameError
from anomalylab.runs.request import DetectorChoice
from anomalylab.studies.cells import cells_of, ranking_of
from anomalylab.studies.strategy import StrategyChoice
from anomalylab.studies.toml import presets, read_study

WHOLE = """
detectors = ["knn:k=3", "patchcore@sroc"]

[data]
path = "images"
dataset = "mvtec_ad"
category = ["bottle", "tile"]
group_by = "part"

[features]
backbone = "lite0"
size = "96x64"
levels = ["block4"]

[protocol]
share = 0.25
split_seed = 7
protocol = "append"

[pollution]
levels = [0, 0.1]
seeds = 2

[refinement]
pollution = 0.1
rejects = [0, 0.5]
strategies = ["sroc:leave_out=group", "random", "perfect", "iterated-sroc"]
scorers = ["same", "mahalanobis"]
seeds = [4, 9]

[metrics]
places = "mask"
smoothing = 2
max_fpr = 0.1
"""


def written(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_of_a_file_is_read(tmp_path):
    study = read_study(written(tmp_path, WHOLE))
    source = study.source
    assert source.data == tmp_path / "images"
    assert (source.dataset, source.group_by, source.size) == ("mvtec_ad", "part", (96, 64))
    assert [str(choice) for choice in source.detectors] == ["knn:k=3", "patchcore@sroc"]
    assert (source.backbone, source.levels, source.smoothing) == ("lite0", ("block4",), 2.0)
    assert (source.max_fpr, study.places) == (0.1, "mask")
    assert study.categories == ("bottle", "tile")
    assert (study.polluted_by.share, study.polluted_by.split_seed) == (0.25, 7)
    assert study.polluted_by.protocol == "append"
    assert (tuple(study.pollution.levels), tuple(study.pollution.seeds)) == ((0, 0.1), (0, 1))
    grid = study.refinement
    assert (tuple(grid.pollution), tuple(grid.rejects), tuple(grid.seeds)) == (
        (0.1,),
        (0, 0.5),
        (4, 9),
    )
    assert grid.strategies[0] == StrategyChoice(name="sroc", params={"leave_out": "group"})
    assert tuple(grid.scorers) == ("same", "mahalanobis")
    assert list(study.scorers) == ["knn-k=3", "patchcore@sroc", "mahalanobis"]


def test_images_of_a_table_may_lie_elsewhere(tmp_path):
    text = WHOLE.replace('path = "images"', 'path = "a.csv"\nimages = "photos"')
    source = read_study(written(tmp_path, text)).source
    assert source.data == tmp_path / "a.csv"
    assert source.dataset_params == {"images": str(tmp_path / "photos")}
    given = {"data": {"images": "mine"}}
    source = read_study(written(tmp_path, text), given=given).source
    assert source.dataset_params == {"images": "mine"}


def test_cells_are_all_combinations_and_one_ranking_serves_all_rejects(tmp_path):
    cells = list(cells_of(read_study(written(tmp_path, WHOLE)), "bottle"))
    assert len(cells) == len(set(cells))
    of_knn = [cell for cell in cells if cell.detector == "knn-k=3"]
    polluted = [cell for cell in of_knn if cell.study == "pollution"]
    assert [(cell.pollution, cell.seed) for cell in polluted] == [
        (0, 0),
        (0, 1),
        (0.1, 0),
        (0.1, 1),
    ]
    assert {(cell.strategy, cell.scorer, cell.reject) for cell in polluted} == {("none", "", 0)}
    by = {}
    for cell in set(of_knn) - set(polluted):
        by.setdefault((cell.strategy, cell.scorer), []).append(cell)
    assert {key: len(some) for key, some in by.items()} == {
        ("sroc leave_out=group", "knn-k=3"): 4,
        ("sroc leave_out=group", "mahalanobis"): 4,
        ("random", ""): 4,
        ("perfect", ""): 2,  # one for each seed, whatever is to be rejected
        ("iterated-sroc", "knn-k=3"): 4,
        ("iterated-sroc", "mahalanobis"): 4,
    }
    assert {cell.reject for cell in by["perfect", ""]} == {0.1}
    n_rankings = {key: len(set(map(ranking_of, some))) for key, some in by.items()}
    assert n_rankings["sroc leave_out=group", "mahalanobis"] == 2  # one for each seed
    assert n_rankings["iterated-sroc", "knn-k=3"] == 4  # which ranks anew for each share
    assert n_rankings["perfect", ""] == 1
    assert ranking_of(by["perfect", ""][0]) is None


def test_the_paper_s_grid_is_a_preset():
    study = read_study(preset="sroc-paper")
    assert presets() == ["cutpaste", "quick", "sroc-paper"]
    assert list(study.pollution.levels) == [0, 0.05, 0.1, 0.15, 0.2]
    assert list(study.refinement.rejects) == [share / 20 for share in range(17)]
    assert len(study.refinement.seeds) == len(study.pollution.seeds) == 5
    names = [choice.name for choice in study.source.detectors]
    assert names == ["knn", "mahalanobis", "padim", "patchcore"]


def test_a_file_goes_before_its_preset_and_options_before_both(tmp_path):
    file = written(tmp_path, 'preset = "quick"\n[pollution]\nlevels = [0.0, 0.05]\n')
    study = read_study(file, given={"detectors": ["padim"]}, options=["--detector", "padim"])
    quick = read_study(preset="quick")
    assert tuple(study.pollution.levels) == (0.0, 0.05)
    assert study.pollution.seeds == quick.pollution.seeds
    assert study.refinement == quick.refinement
    assert study.source.detectors == (DetectorChoice(name="padim"),)
    assert study.command(tmp_path / "out") == (
        "anomalylab study mine.toml --detector padim -o reports/out"
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[metrics]", "[metric]", "unknown table or key of a study 'metric'; did"),
        ("split_seed", "split", r"unknown key in \[protocol\] 'split'; did you mean"),
        ("seeds = 2", "seed = 2", r"unknown key in \[pollution\] 'seed'"),
        ("seeds = 2", "seeds = 2.5", r"seeds in \[pollution\] must be a whole number"),
        ("seeds = 2", "seeds = 0", r"name one seed or several different ones, not \[\]"),
        ("seeds = 2", "seeds = [3, 3]", r"different ones, not \[3, 3\]"),
        ("[0, 0.1]", "[0, 1.0]", "pollution level must be at least 0 and below 1, not 1"),
        ("[0, 0.1]", "[-0.1]", "at least 0 and below 1, not -0.1"),
        ("[0, 0.1]", "[0, 0.3]", "pollution of 0.3 is asked for and only a share of 0.25"),
        ("[0, 0.5]", "[0, 1]", "share to reject must be at least 0 and below 1, not 1"),
        ("rejects = [0, 0.5]", "", r"\[refinement\] needs the key rejects"),
        ("share = 0.25", "share = 1.5", "share of pollution must be at least 0 and below"),
        ("share = 0.25", 'share = "a"', r"share in \[protocol\] must be a number, not 'a'"),
        ('"append"', '"replaced"', "unknown protocol 'replaced'; did you mean"),
        ('"mask"', '"masks"', "unknown value of places 'masks'; did you mean 'mask'"),
        ('"knn:k=3"', '"knn:k"', "options are written name=value, not 'k'"),
        ('"knn:k=3"', '"auto"', "auto compares detectors itself and stands alone"),
        ('"random"', '"sroc@paper"', "strategies have no presets"),
        ('detectors = ["knn:k=3", "patchcore@sroc"]', "", "a study names its detectors"),
        ("[0, 0.1]", "[0, 0.1", "mine.toml is no TOML: "),
        ('"96x64"', '"large"', "a size is N or HxW in pixels"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said(tmp_path, before, after, message):
    assert before in WHOLE
    with pytest.raises(AnomalyLabError, match=message):
        read_study(written(tmp_path, WHOLE.replace(before, after, 1)))


def test_a_study_that_asks_for_nothing_or_is_not_there_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"needs a table \[pollution\] or \[refinement\]"):
        read_study(written(tmp_path, 'detectors = ["knn"]'))
    with pytest.raises(DatasetError, match="there is no study"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(
        UnknownNameError, match="unknown preset of studies 'quik'; did you mean 'quick'"
    ):
        read_study(preset="quik")
