"""How tests look at the offline explorer of PC space, in a real browser."""

import base64
import io
from dataclasses import replace

import numpy as np
import pages
from pages import find
from PIL import Image

from anomalylab.pc_space.selection import Selection
from anomalylab.reports.kit.fragment import STYLES, static_text


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


def page_cloud(browser, pc):
    """The cloud on show with the coordinates that the page computed, float32 as they are."""
    cloud = shown_cloud(browser, pc)
    along = run_js(browser, "return store.cloud.along.map((values) => [...values])")
    *coordinates, residual = (np.reshape(values, cloud.shape) for values in along)
    return replace(cloud, coordinates=np.stack(coordinates, axis=-1), residual=residual**2)


def selected(browser):
    return Selection(**run_js(browser, "return store.state.selection"))


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
    size = find(browser, selector).size
    offsets = [(round(x - size["width"] / 2), round(y - size["height"] / 2)) for x, y in path]
    pages.drag(browser, selector, offsets, duration=5)
