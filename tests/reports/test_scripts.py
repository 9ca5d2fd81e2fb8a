"""The scripts of pages and live views: what a linter cannot be missing for."""

from pathlib import Path

import pytest

import anomalylab

ROOT = Path(anomalylab.__file__).parent
SCRIPTS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.js"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_line_is_longer_than_a_screen_is_wide(script):
    lines = (ROOT / script).read_text(encoding="utf-8").splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > 120]


def test_there_are_scripts():
    assert len(SCRIPTS) > 20
