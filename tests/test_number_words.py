"""Numbers in words: by hand, and as the scripts of pages write the same ones."""

import json
import math
import shutil
import subprocess

import numpy as np
import pytest

from anomalylab import number_words
from anomalylab.number_words import fixed, grouped, percent, plural, readable, significant
from anomalylab.reports.kit.fragment import FOLDER

RNG = np.random.default_rng(7)
NUMBERS = [
    *(0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 0.125, 0.0625, 9.995, 9.996, 99.95, 999.5, 1000.0),
    *(0.001, 1e-6, 4.9e-7, 1e-12, -3e-9, -0.4, 1234567.0, -98765.4321, 1e15),
    *(float(x) for x in RNG.normal(0, 1, 150) * 10.0 ** RNG.integers(-8, 9, 150)),
]
SHARES = [
    *(0.0, 1e-9, 0.0004, 0.0005, 0.00049999, 0.031, 0.08, 0.0994, 0.0995, 0.125, 0.4812, 0.9949),
    *(0.995, 0.9987, 0.9994, 0.9995, 0.99987, 1.0),
    *(float(x) for x in RNG.beta(0.2, 0.2, 200)),
]
COUNTS = [0, 1, 2, 999, 1000, 12345, 1234567, -1234]

CALLS = """
globalThis.window = globalThis;
window.anomalylab = {};
%s
const [numbers, counts, shares] = %s;
const al = window.anomalylab;
const written = {
  readable: numbers.flatMap((x) => [2, 3, 4].map((digits) => al.format(x, digits))),
  missing: [al.format(null), al.format(NaN), al.format(Infinity), al.format(-Infinity)],
  grouped: counts.map((n) => al.group(n)),
  plural: counts.map((n) => al.count(n, "image")),
  percent: shares.map((share) => [al.percent(share), al.percent(share, 3)]),
  irregular: counts.map((n) => al.count(n, "copy", "copies")),
};
"""


@pytest.fixture(scope="module")
def written_by_scripts(request):
    """What the scripts of pages make of the same numbers, in Node or else in a browser."""
    source = (FOLDER / "kit" / "number_words.js").read_text(encoding="utf-8")
    calls = CALLS % (source, json.dumps([NUMBERS, COUNTS, SHARES]))
    if node := shutil.which("node"):
        script = f"{calls}\nconsole.log(JSON.stringify(written));"
        done = subprocess.run(
            [node, "-"], input=script, capture_output=True, encoding="utf-8", check=True
        )
        return json.loads(done.stdout)
    browser = request.getfixturevalue("browser")
    browser.get("about:blank")
    return json.loads(browser.execute_script(f"{calls}\nreturn JSON.stringify(written);"))


def test_python_and_the_scripts_of_pages_write_the_same_numbers(written_by_scripts):
    assert written_by_scripts == {
        "readable": [readable(x, digits) for x in NUMBERS for digits in (2, 3, 4)],
        "missing": [readable(None), readable(math.nan), readable(math.inf), readable(-math.inf)],
        "grouped": [grouped(n) for n in COUNTS],
        "plural": [plural(n, "image") for n in COUNTS],
        "percent": [[percent(share), percent(share, 3)] for share in SHARES],
        "irregular": [plural(n, "copy", "copies") for n in COUNTS],
    }


def test_shares_have_one_decimal_at_most():
    shares = (0, 0.0004, 0.031, 0.08, 0.4812, 0.9987, 0.9999, 1)
    texts = [[percent(x, digits).replace("\u202f", " ") for digits in (2, 3)] for x in shares]
    assert texts == [
        ["0 %", "0 %"],
        ["under 0.1 %", "under 0.1 %"],
        ["3.1 %", "3.1 %"],
        ["8 %", "8 %"],
        ["48 %", "48.1 %"],
        ["99.9 %", "99.9 %"],
        ["over 99.9 %", "over 99.9 %"],
        ["100 %", "100 %"],
    ]


def test_a_number_with_so_many_digits_reads_back_as_itself():
    for x in NUMBERS:
        assert float(significant(x, 12)) == pytest.approx(x, rel=1e-11)
        assert "e" not in significant(x)


def test_numbers_without_an_end_are_written_as_they_are():
    assert significant(math.inf) == "inf"
    assert significant(math.nan) == "nan"


def test_fixed_rounds_the_very_number_and_halves_away_from_zero():
    assert [fixed(x, 0) for x in (0.5, 1.5, -0.5, -0.0)] == ["1", "2", "-1", "0"]
    assert fixed(2.675, 2) == "2.67"  # the nearest double lies below 2.675


def test_shares_next_to_all_are_not_rounded_to_all():
    assert [percent(x) for x in (0.994, 0.9987, 1.0)] == [
        "99\u202f%",
        "99.9\u202f%",
        "100\u202f%",
    ]


def test_every_function_of_the_room_is_documented_by_an_example():
    functions = [f for f in vars(number_words).values() if callable(f)]
    own = [f for f in functions if getattr(f, "__module__", "") == number_words.__name__]
    assert own
    assert all(">>>" in f.__doc__ for f in own)
