"""What the tests of data sets ask about folders of images."""

import numpy as np

from anomalylab import datasets
from anomalylab.datasets.check import check

SIDE = 12

FLAW = np.zeros((SIDE, SIDE), bool)
FLAW[2:6, 3:6] = True


ODD_NAMES = [
    "with space.png",
    'it\'s "quoted".png',
    "line\nbreak.png",
    "<script>alert(1)<br>.png",
    "日本 überprüft ✓.PNG",
    "100% [a-b]*.png",
]


def by_path(samples, column):
    return dict(zip(samples["image_path"], samples[column], strict=True))


def findings(root, name=None, *, intensity="full", **params):
    """Return what is found in a folder, by kind."""
    samples = datasets.load(name or datasets.detect_layout(root), root, **params)
    report = check(samples, root, size=(SIDE, SIDE), cell=2, intensity=intensity)
    return {finding.what: finding for finding in report.findings}
