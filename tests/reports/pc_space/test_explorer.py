"""The offline explorer of PC space: what its page carries."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.pc_space import cloud as clouds
from anomalylab.reports.pc_space.linked import payload as pc_payload
from anomalylab.reports.pc_space.linked.explorer import explorer
from anomalylab.reports.pc_space.linked.payload import (
    band_weights,
    carried_images,
    default_images,
    payload,
)


def decoded(text):
    return np.array(Image.open(io.BytesIO(base64.b64decode(text))))


def test_images_travel_without_loss_and_with_what_makes_them_one_band(pc, data):
    assert len(data["images"]) > 4
    for image in data["images"]:
        pixels = decoded(image["src"])
        assert (pixels == pc.image(image["id"])).all()
        *weights, add = image["weights"]
        assert np.abs(pixels @ weights + add - pc.band(image["id"])).max() < 1e-5
        mask = pc.mask(image["id"])
        assert (decoded(image["mask"]) > 0).tolist() == mask.tolist() if mask.any() else True
        assert bool(image["mask"]) == mask.any() == bool(image["contour"])


def test_weights_of_a_grey_image_and_of_a_constant_one_give_their_bands(rng):
    grey = np.repeat(rng.integers(0, 256, (9, 8, 1), np.uint8), 3, axis=2)
    band = grey[..., 0] * 0.5 - 3.0
    assert np.allclose(grey @ band_weights(grey, band)[:3] + band_weights(grey, band)[3], band)
    constant = np.full((4, 5, 3), 7, np.uint8)
    assert np.allclose(band_weights(constant, np.zeros((4, 5))), 0)


def test_the_space_and_checks_are_those_of_the_run(pc, data):
    stored = np.frombuffer(base64.b64decode(data["components"]), "<f4")
    assert np.allclose(stored, pc.space.components.ravel(), atol=1e-7)
    assert data["axes"] == [*clouds.axes_of(pc.space.n_components)]
    for image in data["images"]:
        cloud = pc.cloud(image["id"])
        for row, col, *values in image["checks"]:
            expected = [cloud.along(axis)[row, col] for axis in cloud.axes]
            assert values == pytest.approx(expected, abs=1e-3)


def test_the_images_of_the_page_are_the_extremes_of_both_kinds(pc):
    queries = pc.run.queries
    scores = pc.run.scores(pc.run.detectors[0]).set_index("sample_id")["score"]
    names = default_images(pc)
    of_kind = [queries.loc[queries["label"] == label, "sample_id"] for label in (0, 1)]
    for ids in of_kind:
        assert scores[ids].idxmax() in names
    assert scores[of_kind[1]].idxmin() in names
    assert len(names) == len(set(names)) <= pc_payload.N_ANOMALOUS + pc_payload.N_NORMAL
    shown = [image.sample_id for image in carried_images(pc)]
    assert sorted(shown) == sorted(names)


def test_only_as_many_images_are_taken_as_fit(pc, monkeypatch):
    sizes = {image.sample_id: len(image.png) for image in carried_images(pc)}
    first, second, *_ = default_images(pc)
    monkeypatch.setattr(pc_payload, "BUDGET", sizes[first] + sizes[second])
    assert {image.sample_id for image in carried_images(pc)} == {first, second}
    monkeypatch.setattr(pc_payload, "BUDGET", 1)
    assert [image.sample_id for image in carried_images(pc)] == [first]


def test_images_ranked_by_the_residual_are_first_seen_along_it(pc, data, monkeypatch):
    assert data["up"] == 1
    verdicts = {"residual": pc.run.info.verdicts["residual"]}
    monkeypatch.setattr(pc.run, "info", replace(pc.run.info, verdicts=verdicts))
    by_residual = payload(pc, carried_images(pc))
    assert by_residual["axes"][by_residual["up"]] == "residual"
    first = by_residual["images"][by_residual["start"]]["id"]
    defects = [image["id"] for image in by_residual["images"] if image["label"] == 1]
    seen = [pc.cloud(name) for name in defects]
    assert first == defects[np.argmax([cloud.residual[cloud.on_defect].max() for cloud in seen])]


def test_named_images_are_taken_in_their_order_and_unknown_or_no_names_are_refused(pc):
    wanted = pc.samples["sample_id"].iloc[[5, 2]].tolist()
    assert [image.sample_id for image in carried_images(pc, wanted)] == wanted
    with pytest.raises(UnknownNameError, match="nowhere"):
        explorer(pc, ["nowhere.png"])
    with pytest.raises(ParameterError, match="empty"):
        explorer(pc, [])


def test_odd_names_stay_text(pc, monkeypatch):
    odd = "</script><img src=x onerror=alert(1)>"
    monkeypatch.setattr(
        "anomalylab.reports.pc_space.linked.payload.short_names",
        lambda ids: dict.fromkeys(ids, odd),
    )
    monkeypatch.setattr(
        "anomalylab.reports.pc_space.linked.explorer.short_names",
        lambda ids: dict.fromkeys(ids, odd),
    )
    html = explorer(pc, [pc.samples["sample_id"].iloc[0]]).html
    assert "<img src=x" not in html
    assert html.count("</script>") == 1


def test_the_still_pictures_and_their_counts_are_there_for_readers_without_scripts(pc, data):
    html = explorer(pc).html
    start = data["images"][data["start"]]
    cloud = pc.cloud(start["id"])
    x, y = (cloud.along(axis) / data["sigmas"][i] for i, axis in enumerate(("PC1", "PC2")))
    assert f"{int((x**2 + y**2 > 9).sum()):,} of".replace(",", "\u202f") in html
    assert (
        html.index("data:image/png")
        < html.index("data:image/webp")
        < html.index("application/json")
    )
