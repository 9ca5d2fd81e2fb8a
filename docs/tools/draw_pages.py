"""Draw what pages of trained networks show of a defect, as docs/recipes.jpg.

    python docs/tools/draw_pages.py [FOLDER]

The runs are made of built-in images, in a folder that is given or in one that is thrown away
afterwards: ten minutes on two cores. Needs Chromium and its driver, as the tests do.
"""

import base64
import io
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from anomalylab.cli.main import main

DRAWING = Path(__file__).parents[1] / "recipes.jpg"

WIDTH, BORDER, GAP, GROUND = 880, 14, 26, (255, 255, 255)
"""Pixels of the picture, of its border and between two pages, and the colour of what is free."""

DEFECT = "scratch"
"""Type of defect that is shown, where a page begins with one: thin, and seen by eye."""

RUNS = {
    "metric-learning": ["metric-learning"],
    "autoencoder": ["autoencoder", "--options", "n_images=504,epochs=40"],
    "pni": ["pni", "--no-refine"],
}
"""Name of a run -> its recipe and options."""

SHOWN = {
    "metric-learning": "what-do-the-networks-look-at",
    "autoencoder": "what-is-called-at-a-threshold",
    "pni": "what-do-the-maps-mark",
}
"""Name of a run -> part of its page that is shown."""

FRAMES = """
const section = document.getElementById(arguments[0]);
const shots = [...section.querySelectorAll(".al-shot")].filter((e) => e.offsetHeight);
const shot = shots.find((e) => e.textContent.includes(arguments[1])) ?? shots[0];
return [section.querySelector("h2"), shot].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x: x + scrollX, y: y + scrollY, width, height };
});
"""
"""Where the heading of a part is, and its first example of a type of defect."""


def make_pages(folder: Path) -> dict[str, Path]:
    """Make the runs, unless the folder holds them, and return their pages."""
    for name, words in RUNS.items():
        out = folder / name
        if not (out / "report.html").exists():
            code = main(["recipe", *words, "--category", "part", "--report", "-o", str(out)])
            if code:
                raise SystemExit(code)
    return {name: folder / name / "report.html" for name in RUNS}


def start_browser():
    """Return a browser whose window is as wide as the picture."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    size = {"width": WIDTH, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return browser


def seen(browser, page: Path, part: str) -> list[Image.Image]:
    """Return pictures of the heading of a part and of its example."""
    browser.get(page.resolve().as_uri())
    time.sleep(2)
    frames = browser.execute_script(FRAMES, part, DEFECT)
    return [_picture(browser, frame) for frame in frames]


def _picture(browser, frame: dict[str, float]) -> Image.Image:
    clip = {**frame, "scale": 1}
    taken = browser.execute_cdp_cmd(
        "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
    )
    return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")


def stacked(pages: list[list[Image.Image]]) -> Image.Image:
    """Put pictures one below another, further apart where they are of two pages."""
    whole = Image.new("RGB", (WIDTH, 4000), GROUND)
    top = BORDER
    for parts in pages:
        for part in parts:
            whole.paste(part, (BORDER, top))
            top += part.height + BORDER
        top += GAP
    return whole.crop((0, 0, WIDTH, top - GAP))


def draw(folder: Path) -> None:
    """Make what is missing of the runs, and draw the picture."""
    pages, browser = make_pages(folder), start_browser()
    try:
        parts = [seen(browser, page, SHOWN[name]) for name, page in pages.items()]
    finally:
        browser.quit()
    stacked(parts).save(DRAWING, quality=85, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        draw(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            draw(Path(folder))
