"""The offline explorer of PC space: what it carries, and that it computes what Python computes."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from test_page import find, find_all, fresh, requests

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.recipes.pc_space import cloud as clouds
from anomalylab.recipes.pc_space.opened import PCSpace
from anomalylab.reports import pc_payload
from anomalylab.reports.fragment import STYLES, static_text
from anomalylab.reports.pc_explorer import explorer
from anomalylab.reports.pc_payload import band_weights, chosen, default_images, payload
from anomalylab.run_folder import Run
from anomalylab.shading import colour_table, shade


@pytest.fixture(scope="module")
def pc(pc_run):
    return PCSpace(pc_run)


@pytest.fixture(scope="module")
def data(pc):
    return payload(pc, chosen(pc))


def decoded(text):
    return np.array(Image.open(io.BytesIO(base64.b64decode(text))))


# What the page carries


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
    shown = [image.sample_id for image in chosen(pc)]
    assert sorted(shown) == sorted(names)


def test_only_as_many_images_are_taken_as_fit(pc, monkeypatch):
    sizes = {image.sample_id: len(image.png) for image in chosen(pc)}
    first, second, *_ = default_images(pc)
    monkeypatch.setattr(pc_payload, "BUDGET", sizes[first] + sizes[second])
    assert {image.sample_id for image in chosen(pc)} == {first, second}
    monkeypatch.setattr(pc_payload, "BUDGET", 1)
    assert [image.sample_id for image in chosen(pc)] == [first]


def test_images_ranked_by_the_residual_are_first_seen_along_it(pc, data, monkeypatch):
    assert data["up"] == 1
    monkeypatch.setitem(pc.run.info, "detectors", {"residual": {}})
    by_residual = payload(pc, chosen(pc))
    assert by_residual["axes"][by_residual["up"]] == "residual"
    first = by_residual["images"][by_residual["start"]]["id"]
    defects = [image["id"] for image in by_residual["images"] if image["label"] == 1]
    seen = [pc.cloud(name) for name in defects]
    assert first == defects[np.argmax([cloud.residual[cloud.on_defect].max() for cloud in seen])]


def test_named_images_are_taken_in_their_order_and_unknown_or_no_names_are_refused(pc):
    wanted = pc.samples["sample_id"].iloc[[5, 2]].tolist()
    assert [image.sample_id for image in chosen(pc, wanted)] == wanted
    with pytest.raises(UnknownNameError, match="nowhere"):
        explorer(pc, ["nowhere.png"])
    with pytest.raises(ParameterError, match="empty"):
        explorer(pc, [])


def test_odd_names_stay_text(pc, monkeypatch):
    odd = "</script><img src=x onerror=alert(1)>"
    monkeypatch.setattr(
        "anomalylab.reports.pc_payload.short_names", lambda ids: dict.fromkeys(ids, odd)
    )
    monkeypatch.setattr(
        "anomalylab.reports.pc_explorer.short_names", lambda ids: dict.fromkeys(ids, odd)
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


# The page in a browser without a network


@pytest.fixture(scope="module")
def page(pc, tmp_path_factory):
    return write_page(explorer(pc), tmp_path_factory.mktemp("pc_page") / "page.html")


@pytest.fixture
def opened(browser, page):
    return ready(fresh(browser, page))


def write_page(fragment, path):
    styles = "".join(static_text(name) for name in (*STYLES, *fragment.styles))
    scripts = "".join(f"<script>{static_text(name)}</script>" for name in fragment.scripts)
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>PC space</title>'
        f'<link rel="icon" href="data:,"><style>{styles}</style>'
        f'<body><div class="al">{fragment.html}</div>{scripts}</body></html>',
        encoding="utf-8",
    )
    return path


def ready(browser):
    until(browser, "store.cloud && store.lit !== undefined")
    frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));"
    browser.execute_async_script(frames)
    return browser


def run_js(browser, script, *arguments):
    store = "const store = document.querySelector('.al-pc').pcStore;"
    return browser.execute_script(f"{store} {script}", *arguments)


def shown_cloud(browser, pc):
    return pc.cloud(run_js(browser, "return store.image.id"))


def lit(browser, cloud):
    return np.array(run_js(browser, "return [...store.lit]"), bool).reshape(cloud.shape)


def pixels_of(browser, selector):
    """Red, green, blue and alpha of a canvas."""
    url = browser.execute_script(
        "return document.querySelector(arguments[0]).toDataURL()", selector
    )
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))


def until(browser, condition):
    """Wait until JavaScript returns something true, and return that."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 20, 0.05).until(
        lambda driver: run_js(driver, f"return {condition}")
    )


def drag(browser, selector, path):
    """Move a pressed mouse along points of an element, counted from its upper left corner."""
    from selenium.webdriver import ActionChains

    element = find(browser, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    size = element.size
    offsets = [(round(x - size["width"] / 2), round(y - size["height"] / 2)) for x, y in path]
    chain = ActionChains(browser, duration=5)
    chain.move_to_element_with_offset(element, *offsets[0]).click_and_hold()
    for offset in offsets[1:]:
        chain.move_to_element_with_offset(element, *offset)
    chain.release().perform()


in_browser = pytest.mark.browser


def browser_test(function):
    return pytest.mark.xdist_group("browser")(in_browser(function))


@browser_test
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


@browser_test
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


@browser_test
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


@browser_test
def test_a_box_in_the_cloud_lights_the_windows_that_python_finds_in_it(opened, pc):
    find(opened, "[data-tool=box]").click()
    side = find(opened, ".al-pc-plane").size["width"]
    drag(opened, ".al-pc-plane", [(side * 0.3, side * 0.35), (side * 0.52, side * 0.55)])
    selection = run_js(opened, "return store.state.selection")
    left, right, bottom, top = run_js(opened, "return store.state.view")
    across = [left + part * (right - left) for part in (0.3, 0.52)]
    up = [top - part * (top - bottom) for part in (0.55, 0.35)]
    expected = [across[0], up[0], across[1], up[1]]
    assert selection["bounds"] == pytest.approx(expected, abs=2 * (right - left) / side)
    cloud = shown_cloud(opened, pc)
    wanted = clouds.in_box(cloud, "PC1", "PC2", selection["bounds"])
    assert 0 < wanted.sum() < wanted.size
    assert (lit(opened, cloud) == wanted).all()
    assert f"{wanted.sum():,}".replace(",", "\u202f") in find(opened, ".al-pc-answer").text


@browser_test
def test_a_lasso_in_the_cloud_lights_the_windows_that_python_finds_in_it(opened, pc):
    side = find(opened, ".al-pc-plane").size["width"]
    corners = [(0.5, 0.3), (0.7, 0.5), (0.52, 0.52), (0.45, 0.7), (0.3, 0.5)]
    drag(opened, ".al-pc-plane", [(side * x, side * y) for x, y in corners])
    selection = run_js(opened, "return store.state.selection")
    cloud = shown_cloud(opened, pc)
    wanted = clouds.in_polygon(cloud, "PC1", "PC2", selection["vertices"])
    assert selection["kind"] == "lasso"
    assert 0 < wanted.sum() < wanted.size
    assert (lit(opened, cloud) != wanted).sum() <= 2  # points on the border may fall to either side


@browser_test
def test_a_click_and_a_brush_in_the_image_light_the_windows_near_them(opened, pc):
    cloud = shown_cloud(opened, pc)
    size = find(opened, ".al-pc-image").size
    drag(opened, ".al-pc-image", [(size["width"] * 0.5, size["height"] * 0.5)])
    spot = run_js(opened, "return store.state.selection.spots")
    radius = cloud.window // 2
    assert len(spot) == 1
    near = clouds.near_pixel(cloud, *spot[0], radius)
    assert near.any()
    assert (lit(opened, cloud) == near).all()
    drag(
        opened,
        ".al-pc-image",
        [(size["width"] * part, size["height"] * 0.4) for part in (0.3, 0.5, 0.7)],
    )
    spots = run_js(opened, "return store.state.selection.spots")
    brushed = np.logical_or.reduce([clouds.near_pixel(cloud, *one, radius) for one in spots])
    assert len(spots) > 1
    assert (lit(opened, cloud) == brushed).all()
    amber = pixels_of(opened, ".al-pc-image canvas")[..., 0] > 200
    assert (amber == clouds.as_pixels(cloud, brushed)).all()


@browser_test
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


@browser_test
def test_zooming_draws_the_cloud_again_and_a_double_click_shows_all(opened):
    from selenium.webdriver import ActionChains

    before = pixels_of(opened, ".al-pc-plane canvas")
    home = run_js(opened, "return store.state.view")
    find(opened, "[aria-label='Zoom in']").click()
    ready(opened)
    view = run_js(opened, "return store.state.view")
    assert (view[1] - view[0]) * 1.4 == pytest.approx(home[1] - home[0])
    zoomed = pixels_of(opened, ".al-pc-plane canvas")
    assert (zoomed != before).any()
    ActionChains(opened).double_click(find(opened, ".al-pc-plane")).perform()
    assert run_js(opened, "return store.state.view") == pytest.approx(home)


@browser_test
def test_the_wheel_scrolls_the_page_until_the_cloud_is_clicked(opened):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    plane = find(opened, ".al-pc-plane")
    width = "return store.state.view[1] - store.state.view[0]"
    before = run_js(opened, width)

    def turn():
        origin = ScrollOrigin.from_element(plane)
        ActionChains(opened, duration=5).scroll_from_origin(origin, 0, -120).perform()

    turn()
    assert run_js(opened, width) == before
    plane.click()
    turn()
    assert until(opened, f"store.state.view[1] - store.state.view[0] < {before}")


@browser_test
def test_the_sweep_lights_windows_of_an_interval_of_its_axis(opened, pc):
    from selenium.webdriver import Keys

    find(opened, ".al-pc-sweep select").send_keys("residual")
    find(opened, "[data-sweep]").send_keys(Keys.END)
    selection = run_js(opened, "return store.state.selection")
    cloud = shown_cloud(opened, pc)
    wanted = clouds.in_interval(cloud, "residual", selection["low"], selection["high"])
    assert selection["at"] == pytest.approx(float(cloud.along("residual").max()), abs=1e-3)
    assert wanted.any()
    assert (lit(opened, cloud) == wanted).all()
    assert len(find_all(opened, ".al-pc-stop")) == 11


@browser_test
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


@browser_test
def test_the_cloud_turns_to_another_axis_and_ends_where_it_is_drawn_at_once(opened):
    def turned(motion):
        features = [{"name": "prefers-reduced-motion", "value": motion}]
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        run_js(opened, "store.change({ y: 1 })")
        until(opened, "document.querySelector('.al-origin')")
        run_js(opened, "store.change({ y: 2 })")
        ready(opened)
        lines = len(find_all(opened, ".al-origin"))
        until(opened, "document.querySelector('.al-origin')")
        return lines, pixels_of(opened, ".al-pc-plane canvas").tobytes()

    (under_way, slowly), (at_once, directly) = turned("no-preference"), turned("reduce")
    assert (under_way, at_once) == (0, 1)
    assert slowly == directly


@browser_test
def test_layers_and_shading_change_the_picture(opened):
    def picture():
        ready(opened)
        return pixels_of(opened, ".al-pc-plane canvas").tobytes()

    pictures = [picture()]
    for selector in ("[data-layer=normal]", "[data-layer=odds]"):
        find(opened, selector).click()
        pictures.append(picture())
    find(opened, "[data-scale]").send_keys("equal areas")
    pictures.append(picture())
    find(opened, "[data-clear]").click()
    pictures.append(picture())
    assert len(set(pictures)) == len(pictures)
    find(opened, "[data-layer=grid]").click()
    ready(opened)
    assert len(find_all(opened, ".al-bin-line")) == 1


@browser_test
@pytest.mark.parametrize("axes", [("PC1", "PC2"), ("PC2", "PC1")])
def test_the_odds_lie_where_their_bins_are_whichever_axis_runs_across(opened, pc, data, axes):
    layers = {"normal": False, "ellipses": False, "grid": False, "odds": True}
    x, y = (data["axes"].index(axis) for axis in axes)
    changes = {"selection": None, "layers": layers, "x": x}
    run_js(opened, "store.change(arguments[0])", changes)
    ready(opened)
    assert run_js(opened, "return [store.state.x, store.state.y]") == [x, y]
    picture = pixels_of(opened, ".al-pc-plane canvas").astype(int)
    left, right, bottom, top = run_js(opened, "return store.state.view")
    colours = colour_table("diverging_dark").astype(int)
    odds = pc.coefficients[0] if axes[0] == "PC1" else pc.coefficients[0].T
    steps = np.round(127.5 + odds / data["odds"]["end"] * 127.5).astype(int)
    centres = ((np.arange(data["bins"]) + 0.5) * 2 / data["bins"] - 1) * pc.limit
    cols = ((centres - left) / (right - left) * len(picture)).astype(int)
    rows = ((top - centres) / (top - bottom) * len(picture)).astype(int)
    n_free = 0
    for i, j in np.ndindex(odds.shape):
        shown = picture[rows[j], cols[i]]
        if shown[3] < 200 and steps[i, j] != 128:  # no point of the cloud, odds other than 1
            n_free += 1
            assert np.abs(shown[:3] - colours[steps[i, j]]).max() <= 3
    assert n_free > 5


@browser_test
@pytest.mark.parametrize("scale", ["log", "eq_hist"])
def test_the_raster_is_shaded_as_python_shades_counts(opened, pc, scale):
    layers = {"normal": False, "ellipses": False, "grid": False, "odds": False}
    changes = {"selection": None, "layers": layers, "scale": scale}
    run_js(opened, "store.change(arguments[0])", changes)
    ready(opened)
    picture = pixels_of(opened, ".al-pc-plane canvas")
    cloud = shown_cloud(opened, pc)
    side = len(picture)
    left, right, bottom, top = run_js(opened, "return store.state.view")
    cols = np.floor((cloud.along("PC1").ravel() - left) / (right - left) * side).astype(int)
    rows = np.floor((top - cloud.along("PC2").ravel()) / (top - bottom) * side).astype(int)
    counts = np.zeros((side, side), int)
    for across, down in np.ndindex(2, 2):  # so few points are drawn two pixels wide
        inside = (cols >= 0) & (cols + across < side) & (rows >= 0) & (rows + down < side)
        np.add.at(counts, (cols[inside] + across, side - 1 - rows[inside] - down), 1)
    expected = shade(counts, "inferno", scale)
    is_there = (picture[..., 3] > 0) | (expected[..., 3] > 0)
    is_equal = (picture == expected).all(axis=2)[is_there]
    assert len(is_equal) > 1000
    assert is_equal.mean() > 0.99  # points on the border of a pixel may fall to either side


@browser_test
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


@browser_test
def test_a_selection_in_pc_space_stays_for_the_next_image_one_in_the_image_does_not(opened):
    run_js(opened, "store.change({ selection: { kind: 'box', x: 0, y: 1, bounds: [0, 0, 9, 9] } })")
    run_js(opened, "store.step(1)")
    ready(opened)
    assert run_js(opened, "return store.state.selection.kind") == "box"
    run_js(opened, "store.change({ selection: { kind: 'spots', spots: [[30, 30]], radius: 4 } })")
    run_js(opened, "store.step(-1)")
    ready(opened)
    assert run_js(opened, "return store.state.selection.kind") == "sigma"


@browser_test
def test_an_image_whose_coordinates_differ_from_the_run_is_not_shown(opened):
    run_js(
        opened, "store.data.images[0].weights[3] += 1; store.space.clouds.clear(); store.open(0)"
    )
    until(opened, "store.state.failure")
    assert "differ by" in find(opened, ".al-pc-failure").text


@browser_test
@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_asked_for_nothing_fails_and_nothing_is_wider_than_the_window(
    opened, page, width
):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    ready(opened)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    sent = [url for url in requests(opened) if not url.startswith("blob:")]
    assert sent == [page.as_uri()]
    assert opened.get_log("browser") == []


@browser_test
def test_every_control_has_a_name_and_every_image_a_text(opened):
    nameless = """
      const own = (e) => e.getAttribute("aria-label") || e.textContent.trim();
      const isNamed = (e) => own(e) || e.closest("label");
      const all = (selector) => [...document.querySelectorAll(selector)];
      const controls = all("button, select, input").filter((e) => !isNamed(e));
      const images = all("img").filter((e) => !e.alt && !e.closest("button"));
      return [...controls, ...images].map((e) => e.outerHTML);
    """
    assert opened.execute_script(nameless) == []


@browser_test
def test_without_labels_masks_and_odds_the_cloud_is_there_and_nothing_is_claimed(
    browser, pc_run, tmp_path
):
    bare = PCSpace(Run(pc_run.folder))
    bare.run.samples = bare.samples.assign(label=np.nan, mask_path=None)
    bare.coefficients = None
    opened = ready(fresh(browser, write_page(explorer(bare), tmp_path / "bare.html")))
    assert run_js(opened, "return store.share") is None
    assert "defect" not in find(opened, ".al-live").text
    assert find_all(opened, "[data-layer=odds], .al-is-on-defect") == []
    assert opened.get_log("browser") == []


@browser_test
def test_without_scripts_the_still_pictures_are_seen(browser, page):
    fresh(browser, page, is_scripted=False)
    try:
        assert find(browser, ".al-still .al-plane").is_displayed()
        assert find(browser, ".al-still img").is_displayed()
        assert "windows lie beyond 3 σ" in find(browser, ".al-still h3").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
