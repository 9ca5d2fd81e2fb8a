"""Colours of anomaly maps that can be told from what the images hold."""

import base64
import io

import fakes
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageColor

from anomalylab import plots
from anomalylab.apps.detect.words import LEGEND_STEPS, map_legend
from anomalylab.apps.kit.pictures import Pictures
from anomalylab.pictures.cell_gallery import Gallery
from anomalylab.pictures.colours import MAP_RAMPS
from anomalylab.pictures.map_colours import STEPS_PER_THRESHOLD, USUAL_RAMP, colours, composite
from anomalylab.pictures.map_ramp import FAR, cielab, ramp_distances, ramp_for
from anomalylab.reports.detect.payload import payload
from anomalylab.reports.parts.first import first, first_images
from anomalylab.runs.folder import Run

RUST, BLUE, GREY, WOOD = (150, 62, 24), (40, 90, 190), (128, 128, 128), (150, 110, 70)


def painted(colour, spot=None, seed=0):
    """An image of one colour with noise, and a spot of another one on 2 % of it."""
    rng = np.random.default_rng(seed)
    pixels = np.array(colour) + rng.normal(0, 8, (96, 96, 1))
    if spot:
        pixels[20:34, 20:34] = spot
    stream = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(stream, "WEBP", quality=85)
    return stream.getvalue()


def test_lightness_and_hues_are_those_of_cielab():
    white, red, blue = cielab(np.array([[255, 255, 255], [255, 0, 0], [0, 0, 255]]))[0]
    assert white == pytest.approx([100, 0, 0], abs=0.05)
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert blue == pytest.approx([32.30, 79.19, -107.86], abs=0.05)


def test_who_lacks_red_or_green_cones_sees_greys_as_they_are_and_red_near_green():
    full, *lacking = cielab(np.array([GREY, (180, 60, 0), (90, 110, 0)]))
    for seen in lacking:
        assert seen[0] == pytest.approx(full[0], abs=0.5)
        assert np.linalg.norm(seen[1] - seen[2]) < 0.5 * np.linalg.norm(full[1] - full[2])


@pytest.mark.parametrize(
    "pictures",
    [
        [painted(GREY)],
        [painted((10, 10, 10)), painted((240, 240, 240))],
        [painted(BLUE)],
        [painted(GREY, spot=BLUE)],
        [],
    ],
    ids=["grey", "black and white", "blue", "a blue spot", "no image"],
)
def test_the_usual_colours_stay_where_the_images_do_not_hold_them(pictures):
    assert ramp_for(pictures) == USUAL_RAMP


@pytest.mark.parametrize(
    "pictures",
    [[painted(RUST)], [painted(WOOD)], [painted(GREY)] * 20 + [painted(GREY, spot=(183, 65, 14))]],
    ids=["rust", "wood", "one spot of rust"],
)
def test_images_that_hold_amber_or_rust_get_the_colours_furthest_from_theirs(pictures):
    chosen = ramp_for(pictures)
    assert chosen != USUAL_RAMP
    assert drawn_distance(chosen, pictures) == max(drawn_distance(r, pictures) for r in MAP_RAMPS)
    assert drawn_distance(chosen, pictures) > FAR


def drawn_distance(ramp, pictures):
    """The slow and obvious way, with one image, one colour and one kind of vision at a time."""
    lowest = np.inf
    for picture in pictures:
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        pixels = np.asarray(image.resize((32, 32), Image.Resampling.NEAREST)).reshape(-1, 3)
        for times in (1, 2, 4):
            *colour, alpha = (float(value) for value in colours(ramp)[STEPS_PER_THRESHOLD * times])
            mark = np.median(pixels, axis=0) * (1 - alpha / 255) + np.array(colour) * alpha / 255
            for seen, of_mark in zip(cielab(pixels), cielab(mark), strict=True):
                distances = np.sort(np.linalg.norm(seen - of_mark, axis=1))
                lowest = min(lowest, float(distances[int(0.01 * len(distances))]))
    return round(lowest, 3)


def test_distances_are_those_of_the_slow_way():
    pictures = [painted(WOOD, seed=1), painted(GREY, spot=RUST, seed=2)]
    images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    small = [image.resize((32, 32), Image.Resampling.NEAREST) for image in images]
    pixels = np.stack([np.asarray(image).reshape(-1, 3) for image in small])
    for ramp, distance in ramp_distances(pixels).items():
        assert distance == pytest.approx(drawn_distance(ramp, pictures), abs=2e-3)


@pytest.mark.parametrize("ramp", MAP_RAMPS)
def test_every_ramp_is_told_from_grey_and_grows_darker(ramp):
    greys = np.repeat(np.arange(256)[:, None], 3, axis=1).astype(np.uint8)
    assert ramp_distances(greys[None], [ramp])[ramp] > FAR
    ends = np.array([ImageColor.getrgb(colour) for colour in MAP_RAMPS[ramp]])
    between = ends[0] + np.linspace(0, 1, 9)[:, None] * (ends[1] - ends[0])
    for lightness in cielab(between)[..., 0]:
        assert (np.diff(lightness) < -0.5).all()


def test_many_images_are_measured_by_some_that_are_spread_evenly():
    pictures = [painted(GREY)] * 999 + [painted(RUST)]
    assert ramp_for(pictures) == ramp_for(pictures[-1:])


@pytest.fixture(scope="module", params=[RUST, GREY, BLUE], ids=["rust", "grey", "blue"])
def run(request, tmp_path_factory):
    folder = fakes.fake_run(tmp_path_factory.mktemp("ramp") / "run").folder
    file = folder / "thumbnails.parquet"
    table = pd.read_parquet(file)
    table["image"] = [painted(request.param, seed=i) for i in range(len(table))]
    table["width"] = table["height"] = 96
    table["contour"] = None
    table.to_parquet(file, index=False)
    (folder / "files.json").unlink(missing_ok=True)
    return Run(folder)


def test_page_live_view_cell_and_legend_take_the_same_colours(run):
    assert (run.map_ramp == "sky to blue") == (run.table("thumbnails")["image"][0] == painted(RUST))
    table = colours(run.map_ramp)
    assert base64.b64decode(payload(run)["colours"]) == table.tobytes()
    pictures = Pictures(run)
    still = first_images(run, "knn", n=1)[0]
    row = run.queries["sample_id"].tolist().index(still["id"])
    assert pictures.url("knn", still["id"], row, True) == still["src"]
    for step in LEGEND_STEPS:
        assert "rgba({},{},{},".format(*table[step]) in map_legend(run.map_ramp)
    assert f"{run.map_ramp.capitalize()}: where the map" in first(run).html
    image, hot = pictures.thumbnail(still["id"]), np.full((96, 96), 2.0)
    heat = plots.overlay(image, hot, threshold=1.0, opacity=1.0, ramp=run.map_ramp).RGB.II
    seen = [heat.dimension_values(i, flat=False)[0, 0] for i in range(2, 6)]
    assert seen == table[2 * STEPS_PER_THRESHOLD].tolist()


def test_a_gallery_without_a_run_chooses_from_the_images_that_it_shows(tmp_path):
    Image.new("RGB", (96, 96), RUST).save(tmp_path / "part.png")
    samples = pd.DataFrame({"sample_id": ["part"], "image_path": ["part.png"]})
    maps = np.full((1, 4, 4), 2.0)
    html = Gallery(samples, tmp_path, np.ones(1), maps, map_threshold=1.0)._repr_html_()
    picture = base64.b64decode(html.split("base64,")[1].split('"')[0])
    seen = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), int)
    assert seen[48, 48, 2] > seen[48, 48, 0]  # rust under blue
    rust = composite(painted(RUST), np.full((4, 4), 120, np.uint8), None)
    assert np.asarray(Image.open(io.BytesIO(rust)), int)[48, 48, 2] < 100
