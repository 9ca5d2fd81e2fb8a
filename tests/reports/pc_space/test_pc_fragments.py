"""Parts of the page on a PC space, without a browser."""

import base64
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fakes import fake_run
from pc_runs import WINDOW, make_pc_run, write_kolektor
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.compute.window_space import WindowSpace
from anomalylab.errors import RunError, UnknownNameError
from anomalylab.pc_space.cloud import make_cloud
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run
from anomalylab.reports import pc_space, working_copy
from anomalylab.reports.pc_space.density import border, coarser
from anomalylab.reports.pc_space.films import nearest_window
from anomalylab.reports.pc_space.images import (
    by_score,
    evenly_spread,
    light_up,
    plane_around,
    scored_image,
)
from anomalylab.reports.pc_space.plane import SIDE, PlaneDrawing
from anomalylab.runs.files import list_files
from anomalylab.runs.folder import Run
from anomalylab.schema import SEARCH

PARTS = [name for name in pc_space.__all__ if name != "explorer"]


@pytest.fixture(scope="module")
def pc(pc_run):
    return PCSpace(pc_run)


@pytest.fixture(scope="module")
def unsupervised(tmp_path_factory):
    """Training images that are all normal."""
    folder = tmp_path_factory.mktemp("unsupervised")
    data = write_kolektor(folder / "data", n_defective={"train": 0, "test": 3})
    return PCSpace(run(PCSpaceRequest(data=data, windows=(WINDOW,)), folder / "run"))


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Two window sizes and three components."""
    folder = tmp_path_factory.mktemp("several")
    return PCSpace(make_pc_run(folder, windows=(WINDOW, 15), n_components=3))


@pytest.fixture(scope="module")
def gone(tmp_path_factory):
    """A run whose images are gone, and in whose samples a name is markup."""
    folder = tmp_path_factory.mktemp("gone")
    made = make_pc_run(folder)
    shutil.rmtree(folder / "data")
    odd = "test/<script>alert(1)</script>.png"
    for path in made.folder.glob("*.parquet"):
        table = pd.read_parquet(path)
        if "sample_id" in table:
            table["sample_id"] = table["sample_id"].replace("test/20005.png", odd)
            table.to_parquet(path, index=False)
    list_files(made.folder)
    return PCSpace(made.folder)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_shows_itself_whatever_the_run_holds(pc, unsupervised, several, gone, part):
    for opened in (pc, unsupervised, several, gone):
        html = getattr(pc_space, part)(opened)._repr_html_()
        assert "<script>alert" not in html
        assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
        assert str(opened.run.folder.parent) not in html


def test_a_point_is_drawn_where_its_coordinates_say():
    plane = PlaneDrawing(10.0, ("PC1", "PC2"), (1.0, 1.0))
    cells = plane.raster(np.array([9.9, -20.0]), np.array([-9.9, 0.0]), 20)
    assert np.argwhere(cells).tolist() == [[19, 0]]
    assert plane.at(10, -10) == (SIDE, SIDE)
    assert plane.at(0, 0) == (SIDE / 2, SIDE / 2)


def test_a_raster_counts_as_numpy_does(rng):
    x, y = rng.normal(0, 4, (2, 500))
    plane = PlaneDrawing(6.0, ("PC1", "PC2"), (4.0, 4.0))
    slow = np.histogram2d(x, y, 30, [(-6, 6), (-6, 6)])[0]
    assert (plane.raster(x, y, 30) == slow).all()


def test_windows_outside_are_those_beyond_three_deviations(pc):
    cloud = pc.cloud(pc.run.queries["sample_id"].iloc[0])
    plane = PlaneDrawing(10.0, ("PC1", "PC2"), (1.0, 2.0))
    expected = np.hypot(cloud.along("PC1"), cloud.along("PC2") / 2) > 3
    assert 0 < expected.sum() < expected.size
    assert (plane.outside(cloud) == expected).all()


def test_the_frame_holds_all_clouds_but_is_no_wider_than_the_densities(pc):
    clouds = [pc.cloud(name) for name in pc.run.queries["sample_id"]]
    plane = plane_around(pc, clouds)
    reach = max(np.abs(cloud.coordinates[..., :2]).max() for cloud in clouds)
    assert min(reach, pc.extent) <= plane.limit <= pc.extent


def test_images_of_a_row_are_the_first_the_last_and_evenly_spaced_ones_between():
    table = pd.DataFrame({"a": range(11)})
    assert evenly_spread(table, 6)["a"].tolist() == [0, 2, 4, 6, 8, 10]
    assert evenly_spread(table.head(3), 6)["a"].tolist() == [0, 1, 2]


def test_clouds_stand_in_the_order_of_their_scores_normal_images_first(pc):
    html = pc_space.clouds(pc).html
    names = re.findall(r'class="al-file" title="([^"]+)"', html)
    table = by_score(pc, pc.run.detectors[0])
    normal, anomalous = (table[table["label"] == label]["sample_id"] for label in (0, 1))
    assert names == [*normal, *anomalous]
    assert html.index("Normal images") < html.index("Anomalous images")


def test_given_images_are_the_ones_shown(pc):
    chosen = list(pc.run.queries["sample_id"][:2])
    html = pc_space.clouds(pc, chosen).html
    assert sorted(re.findall(r'class="al-file" title="([^"]+)"', html)) == sorted(chosen)
    with pytest.raises(UnknownNameError, match="image"):
        pc_space.clouds(pc, ["test/nothing.png"])


def test_windows_that_are_lit_up_are_amber_in_the_image_and_others_are_not(pc):
    row = by_score(pc, "residual").iloc[-1]  # a normal image, without an outline
    image = scored_image(pc, row)
    selected = np.zeros(image.cloud.shape, bool)
    selected[:30, :30] = True
    drawn = light_up(pc, image, selected, 1000)
    assert drawn["outline"] == ""
    webp = base64.b64decode(drawn["src"].split(",", 1)[1])
    pixels = np.asarray(Image.open(io.BytesIO(webp)).convert("RGB"), int)
    original = pc.image(image.sample_id).astype(int)
    assert pixels.shape == original.shape
    tint = (pixels - original)[..., 0] - (pixels - original)[..., 2]
    half = WINDOW // 2
    assert tint[half + 3 : half + 27, half + 3 : half + 27].mean() > 60
    assert np.abs(tint[50:, 40:]).mean() < 10


def test_the_outline_surrounds_the_defect(pc):
    image = scored_image(pc, by_score(pc, "residual").iloc[0])
    mask = pc.mask(image.sample_id)
    rows, cols = np.nonzero(mask)
    drawn = light_up(pc, image, np.zeros(image.cloud.shape, bool), 1000)
    x, y = np.array(re.findall(r"([\d.-]+) ([\d.-]+)", drawn["outline"]), float).T
    assert (drawn["height"], drawn["width"]) == mask.shape
    assert x.min() == pytest.approx(cols.min() - 2, abs=0.6)
    assert y.max() == pytest.approx(rows.max() + 3, abs=0.6)


def test_the_border_left_out_of_a_density_holds_next_to_nothing(rng):
    cells = np.zeros((512, 512), int)
    cells[100:400, 120:420] = rng.integers(1, 50, (300, 300))
    n_cut = border(cells)
    assert cells[n_cut:-n_cut, n_cut:-n_cut].sum() == cells.sum()
    assert 80 <= n_cut <= 84
    inner = cells[n_cut:-n_cut, n_cut:-n_cut]
    assert coarser(inner).sum() == inner.sum()
    assert len(coarser(inner)) <= 256


def test_densities_are_compared_only_where_there_are_two(pc, unsupervised):
    assert "Where they differ" in pc_space.densities(pc).html
    alone = pc_space.densities(unsupervised).html
    assert "Where they differ" not in alone
    assert "no training image is anomalous" in alone


def test_the_numbers_of_a_histogram_are_its_counts(pc):
    name = str(pc.run.queries["sample_id"].iloc[0])
    counts = pc.histogram(name)
    html = pc_space.histogram(pc, name).html
    shown_counts = re.findall(r'class="al-bin-number"[^>]*>([^<]+)<', html)
    assert len(shown_counts) == np.count_nonzero(counts)
    assert sorted(int(n) for n in shown_counts if "k" not in n) == sorted(
        int(n) for n in counts[(counts > 0) & (counts < 1000)]
    )


def test_odds_are_written_in_every_bin_that_held_a_window_of_training(pc):
    is_training = (pc.samples["split"] == "train").to_numpy()
    n_known = np.count_nonzero(pc.histograms[is_training].sum(axis=(0, 1)))
    written = re.findall(r'class="al-bin-number"[^>]*>([^<]+)<', pc_space.odds(pc).html)
    assert len(written) == n_known
    assert f"{np.exp(pc.coefficients).max():.2f}" in written


def test_each_plane_has_its_odds(several):
    titles = re.findall(r"<h3>(Odds[^<]+)</h3>", pc_space.odds(several).html)
    assert len(titles) == len(set(titles)) == 6
    assert sum("15 × 15" in title for title in titles) == 3


def test_without_anomalous_training_images_the_page_says_what_learning_needs(unsupervised):
    reason = unsupervised.info.why_no_odds
    assert reason
    for part in ("verdict", "odds", "results", "curves"):
        assert reason in getattr(pc_space, part)(unsupervised).html
    assert "Odds" not in re.sub(r"<dl.*</dl>", "", pc_space.results(unsupervised).html)


def test_without_images_the_page_comes_with_what_the_run_holds(gone):
    for part in ("verdict", "clouds", "explorer", "histogram", "components", "bands"):
        assert "the images are not where they were" in getattr(pc_space, part)(gone).html
    clouds = pc_space.clouds(gone).html
    assert clouds.count("<svg class") == len(gone.run.queries)
    assert clouds.count("data:image/webp") == len(gone.run.queries)


def test_an_image_that_changed_is_left_out_and_named(tmp_path):
    made = make_pc_run(tmp_path)
    (tmp_path / "data" / "test" / "20001.png").write_bytes(b"something else")
    opened = PCSpace(made)
    html = pc_space.clouds(opened).html
    assert html.count("<svg class") == len(made.queries) - 1
    assert "1 image is gone or changed since the run, first test/20001.png" in html
    assert "test/20001.png" not in re.sub(r"<p.*?</p>", "", html)
    for part in ("explorer", "components", "bands"):
        assert "data:image/" in getattr(pc_space, part)(opened).html


def test_images_without_labels_are_shown_in_a_row_of_their_own(tmp_path):
    data = write_kolektor(tmp_path / "data")
    for mask in (data / "test").glob("*_GT.png"):
        mask.unlink()
    opened = PCSpace(run(PCSpaceRequest(data=data, windows=(WINDOW,)), tmp_path / "run"))
    html = pc_space.clouds(opened).html
    assert "Images without a label" in html
    assert "Anomalous images" not in html
    assert opened.mask("test/20001.png") is None
    assert "An image</h3>" in pc_space.bands(opened).html
    assert "no judged image has a label" in pc_space.results(opened).html
    assert pc_space.explorer(opened).html


def test_shares_of_the_components_and_the_residual_add_up(several):
    html = pc_space.components(several).html
    shares = [float(share) for share in re.findall(r"([\d.]+) % of the variance", html)]
    assert len(shares) == 2 * (3 + 1)
    assert sum(shares[:4]) == pytest.approx(100, abs=0.3)


def test_the_nearest_window_is_found_by_looking_at_all(rng):
    space = WindowSpace(3, np.zeros(9), np.eye(9)[:2], np.array([4.0, 1.0]), 9.0)
    cloud = make_cloud("a", rng.normal(size=(12, 14)), space)
    target, deviations = np.array([1.5, 0.0]), np.array([2.0, 1.0])
    slow = {
        (i, j): float(np.hypot(*(cloud.coordinates[i, j] / deviations - target)))
        for i, j in np.ndindex(cloud.shape)
    }
    row, col = min(slow, key=slow.get)
    assert nearest_window(cloud, target, deviations) == (pytest.approx(slow[row, col]), row, col)


def test_published_values_stand_apart_and_only_beside_data_of_that_layout(pc):
    html = pc_space.results(pc).html
    assert "published, on KolektorSDD2" in html
    assert html.count('class="al-hollow"') == 5
    elsewhere = PCSpace(pc.run.folder)
    info = elsewhere.run.info
    elsewhere.run.info = replace(info, dataset=replace(info.dataset, loader="folder"))
    html = pc_space.results(elsewhere).html
    assert "KolektorSDD2" not in html
    assert "al-hollow" not in html


def test_curves_are_of_test_and_of_training_images(pc):
    html = pc_space.curves(pc).html
    assert html.count("<svg") == 6
    assert "among test images?" in html
    assert "training images, each left out?" in html


def test_the_search_shows_what_was_chosen_and_otherwise_how_to_search(pc, tmp_path):
    assert "--search" in pc_space.search(pc).html
    folder = tmp_path / "run"
    shutil.copytree(pc.run.folder, folder)
    rows = [(w, 10, 60.0, 2, 1.0, 0.9 - w / 100, 0.02, 5, 100, w == 33) for w in range(5, 35, 2)]
    pd.DataFrame(rows, columns=list(SEARCH.columns)).to_parquet(folder / "search.parquet")
    list_files(folder)
    html = pc_space.search(PCSpace(folder)).html
    assert "15 configurations" in html
    assert html.count("<tr>") == 1 + 12 + 1
    assert re.search(r'●</th><td class="al-number">33<', html)


def test_the_kind_of_a_run_decides_on_its_notebook(pc_run, tmp_path):
    with pytest.raises(RunError, match="anomalylab notebook pc-space"):
        working_copy("detect", pc_run.folder, tmp_path / "a.ipynb")
    detect = fake_run(tmp_path / "detect")
    with pytest.raises(RunError, match="anomalylab notebook detect"):
        working_copy("pc_space", detect.folder, tmp_path / "a.ipynb")


def test_the_command_writes_a_working_copy_with_the_live_app(pc_run, tmp_path, capsys):
    out = tmp_path / "mine.ipynb"
    assert main(["notebook", "pc_space", str(pc_run.folder), "-o", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    text = out.read_text(encoding="utf-8")
    assert "PCSpaceApp" in text
    assert str(tmp_path) not in text


def test_a_run_that_was_moved_opens_with_its_images_given(pc_run, tmp_path):
    folder = tmp_path / "far" / "away"
    shutil.copytree(pc_run.folder, folder)
    data = Path(pc_run.folder).parent / "data"
    name = str(pc_run.queries["sample_id"].iloc[0])
    assert "the images are not where they were" in pc_space.explorer(PCSpace(folder)).html
    assert PCSpace(Run(folder), data).image(name).ndim == 3
