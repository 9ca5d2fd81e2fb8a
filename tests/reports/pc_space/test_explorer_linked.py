"""The offline explorer of PC space in a real browser: what lights up, and why."""

import numpy as np
import pytest
from pages import find, find_all, fresh
from pc_pages import (
    drag,
    lit,
    page_cloud,
    pixels_of,
    ready,
    run_js,
    selected,
    shown_cloud,
    until,
)

from anomalylab.pc_space import cloud as clouds

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def opened(browser, explorer_page):
    return ready(fresh(browser, explorer_page))


def test_all_coordinates_of_all_images_equal_those_of_python(opened, pc, data):
    for number, image in enumerate(data["images"]):
        *along, distance, touching = opened.execute_async_script(
            """
            const [i, done] = arguments;
            const { space } = document.querySelector(".al-pc").pcStore;
            const lists = (all) => all.map((values) => [...values]);
            const send = (cloud) => done(lists([...cloud.along, cloud.distance, cloud.onDefect]));
            space.cloud(i, () => {}).then(send);
            """,
            number,
        )
        cloud = pc.cloud(image["id"])
        expected = np.stack([cloud.along(axis) for axis in cloud.axes])
        assert np.abs(np.reshape(along, expected.shape) - expected).max() < 1e-3
        assert np.reshape(distance, cloud.shape) == pytest.approx(cloud.distance, abs=1e-3)
        assert (np.reshape(touching, cloud.shape) == cloud.on_defect).all()


def test_the_tiles_of_a_large_image_join_without_a_seam(opened, rng):
    image, kernel = rng.normal(size=(150, 260)), rng.normal(size=(9, 9))
    script = """
      const [image, kernel, done] = arguments;
      const correlator = new anomalylab.Correlator([kernel, kernel.map((v) => 2 * v), kernel], 9);
      const lists = (all) => all.map((values) => [...values]);
      correlator.run(Float32Array.from(image), 150, 260, () => {}).then((all) => done(lists(all)));
    """
    results = opened.execute_async_script(script, image.ravel().tolist(), kernel.ravel().tolist())
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float32), (9, 9))
    expected = np.einsum("ijkl,kl->ij", windows, kernel)
    for result, factor in zip(results, (1, 2, 1), strict=True):
        assert np.reshape(result, expected.shape) == pytest.approx(factor * expected, abs=1e-9)


def test_the_first_view_lights_windows_beyond_three_deviations_in_both_views(opened, pc, data):
    cloud = shown_cloud(opened, pc)
    x, y = cloud.along("PC1"), cloud.along("PC2")
    expected = (x / data["sigmas"][0]) ** 2 + (y / data["sigmas"][1]) ** 2 > 9
    assert expected.any()
    assert (lit(opened, cloud) == expected).all()
    share = round(100 * clouds.defect_share(cloud, expected))
    answer = find(opened, ".al-pc-answer").text
    assert answer.startswith(f"{int(expected.sum()):,} of ".replace(",", "\u202f"))
    assert answer.endswith(f"{share}\u202f% of them touch the defect")
    assert "of Gaussian ones 1.1\u202f% would" in find(opened, ".al-pc .al-note").text
    amber = pixels_of(opened, ".al-pc-image canvas")[..., 0] > 200
    assert (amber == clouds.as_pixels(cloud, expected)).all()
    plane = pixels_of(opened, ".al-pc-plane canvas")
    assert ((plane[..., 0] > 230) & (plane[..., 2] < 120)).sum() > 20


def test_a_box_in_the_cloud_lights_the_windows_that_python_finds_in_it(opened, pc):
    find(opened, "[data-tool=box]").click()
    side = find(opened, ".al-pc-plane").size["width"]
    drag(opened, ".al-pc-plane", [(side * 0.3, side * 0.35), (side * 0.52, side * 0.55)])
    selection = selected(opened)
    left, right, bottom, top = run_js(opened, "return store.state.view")
    across = [left + part * (right - left) for part in (0.3, 0.52)]
    up = [top - part * (top - bottom) for part in (0.55, 0.35)]
    expected = [across[0], up[0], across[1], up[1]]
    assert selection.numbers == pytest.approx(expected, abs=2 * (right - left) / side)
    cloud = page_cloud(opened, pc)
    wanted = selection.windows(cloud)
    assert (selection.kind, selection.axes) == ("box", ["PC1", "PC2"])
    assert 0 < wanted.sum() < wanted.size
    assert (lit(opened, cloud) == wanted).all()
    assert f"{wanted.sum():,}".replace(",", "\u202f") in find(opened, ".al-pc-answer").text


def test_a_lasso_in_the_cloud_lights_the_windows_that_python_finds_in_it(opened, pc):
    side = find(opened, ".al-pc-plane").size["width"]
    corners = [(0.5, 0.3), (0.7, 0.5), (0.52, 0.52), (0.45, 0.7), (0.3, 0.5)]
    drag(opened, ".al-pc-plane", [(side * x, side * y) for x, y in corners])
    selection, cloud = selected(opened), page_cloud(opened, pc)
    wanted = selection.windows(cloud)
    assert (selection.kind, selection.axes) == ("lasso", ["PC1", "PC2"])
    assert 0 < wanted.sum() < wanted.size
    assert (lit(opened, cloud) == wanted).all()


def test_a_click_and_a_brush_in_the_image_light_the_windows_near_them(opened, pc):
    cloud = shown_cloud(opened, pc)
    size = find(opened, ".al-pc-image").size
    drag(opened, ".al-pc-image", [(size["width"] * 0.5, size["height"] * 0.5)])
    row, col, radius = selected(opened).numbers
    assert radius == cloud.window // 2
    rows, cols = cloud.centres
    near = (rows - row) ** 2 + (cols - col) ** 2 <= radius**2
    assert near.any()
    assert (lit(opened, cloud) == near).all()
    drag(
        opened,
        ".al-pc-image",
        [(size["width"] * part, size["height"] * 0.4) for part in (0.3, 0.5, 0.7)],
    )
    brush = selected(opened)
    brushed = brush.windows(cloud)
    assert brush.kind == "point"
    assert len(brush.numbers) > 3
    assert (lit(opened, cloud) == brushed).all()
    amber = pixels_of(opened, ".al-pc-image canvas")[..., 0] > 200
    assert (amber == clouds.as_pixels(cloud, brushed)).all()


def test_patches_are_the_most_extreme_windows_in_their_order(opened, pc):
    cloud = shown_cloud(opened, pc)
    selected = lit(opened, cloud)
    shown = [int(p.get_attribute("data-window")) for p in find_all(opened, ".al-pc-patches button")]
    table = clouds.most_extreme(cloud, selected, len(shown), cloud.distance)
    assert len(shown) > 1
    assert shown == (table["row"] * cloud.shape[1] + table["col"]).tolist()
    row, col = table.loc[0, ["row", "col"]].astype(int)
    patch = pixels_of(opened, ".al-pc-patches canvas")[..., :3]
    assert (patch == clouds.patch(pc.image(cloud.sample_id), cloud, row, col)).all()


def test_the_sweep_lights_windows_of_an_interval_of_its_axis(opened, pc):
    from selenium.webdriver import Keys

    find(opened, ".al-pc-sweep select").send_keys("residual")
    find(opened, "[data-sweep]").send_keys(Keys.END)
    selection, cloud = selected(opened), page_cloud(opened, pc)
    wanted = selection.windows(cloud)
    assert (selection.kind, selection.axes) == ("interval", ["residual"])
    assert np.mean(selection.numbers) == pytest.approx(float(cloud.along("residual").max()))
    assert wanted.any()
    assert (lit(opened, cloud) == wanted).all()
    assert len(find_all(opened, ".al-pc-stop")) == 11


def test_the_residual_is_an_axis_and_layers_that_it_lacks_cannot_be_chosen(opened, pc, data):
    find(opened, "[data-axis=y]").send_keys("residual")
    ready(opened)
    cloud = shown_cloud(opened, pc)
    x, y = cloud.along("PC1"), cloud.along("residual")
    mean, deviation = pc.residual
    wanted = (x / data["sigmas"][0]) ** 2 + ((y - mean) / deviation) ** 2 > 9
    assert (lit(opened, cloud) == wanted).all()
    disabled = {
        box.get_attribute("data-layer") for box in find_all(opened, "[data-layer]:disabled")
    }
    assert disabled == {"normal", "grid", "odds"}


def test_arrow_keys_change_the_image_and_escape_clears_what_is_selected(opened, data):
    from selenium.webdriver import ActionChains, Keys

    find(opened, ".al-pc-film button[aria-pressed=true]").click()
    ActionChains(opened).send_keys(Keys.ARROW_RIGHT).perform()
    ready(opened)
    expected = data["images"][(data["start"] + 1) % len(data["images"])]
    assert run_js(opened, "return store.image.id") == expected["id"]
    assert find(opened, ".al-pc-image img").get_attribute("alt").startswith(expected["name"])
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert run_js(opened, "return store.lit") is None
    assert "each of them a point" in find(opened, ".al-pc-answer").text


def test_a_selection_in_pc_space_stays_for_the_next_image_one_in_the_image_does_not(opened):
    run_js(opened, "store.change({ selection: store.inPlane('box', [0, 0, 9, 9]) })")
    run_js(opened, "store.step(1)")
    ready(opened)
    assert run_js(opened, "return store.state.selection.kind") == "box"
    run_js(opened, "store.change({ selection: store.near([[30, 30]]) })")
    run_js(opened, "store.step(-1)")
    ready(opened)
    assert run_js(opened, "return store.state.selection.kind") == "beyond"


def test_an_image_whose_coordinates_differ_from_the_run_is_not_shown(opened):
    run_js(
        opened, "store.data.images[0].weights[3] += 1; store.space.clouds.clear(); store.open(0)"
    )
    until(opened, "store.state.failure")
    assert "differ by" in find(opened, ".al-pc-failure").text
