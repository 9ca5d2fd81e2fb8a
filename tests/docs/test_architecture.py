"""The drawing of the architecture is made from the code and says no more than the code."""

import sys
from itertools import pairwise

import pytest
from how_to import ROOT

sys.path.insert(0, str(ROOT / "docs/tools"))

import draw_architecture as drawn


def test_the_drawing_is_that_of_the_code_as_it_is():
    made = drawn.drawing(drawn.read_rooms())
    assert drawn.DRAWING.read_text(encoding="utf-8") == made, (
        "rooms import each other anew: run python docs/tools/draw_architecture.py"
    )


def test_a_room_stands_above_all_that_it_imports():
    rooms = {"a": frozenset(), "b": frozenset("a"), "c": frozenset("ab"), "d": frozenset()}
    assert drawn.rows(rooms) == [["a", "d"], ["b"], ["c"]]


def test_an_arrow_that_follows_from_others_is_left_out():
    rooms = {"a": frozenset(), "b": frozenset("a"), "c": frozenset("ab"), "d": frozenset("a")}
    assert drawn.arrows(rooms) == [("b", "a"), ("c", "b"), ("d", "a")]


def test_no_import_is_lost_from_the_arrows():
    rooms = drawn.read_rooms()
    arrows = drawn.arrows(rooms)

    def reach(room):
        below = {b for a, b in arrows if a == room}
        return below.union(*map(reach, below))

    assert all(rooms[room] <= reach(room) for room in rooms)
    assert "errors" in reach("cli")


def test_a_line_goes_round_the_rooms_that_it_passes():
    grid = [["a", "d"], ["b"], ["c"]]
    ways = drawn.routes(grid, [("b", "a"), ("c", "b"), ("c", "d")])
    assert ways == [["b", "a"], ["c", "b"], ["c", "d@1", "d"]]
    filled = drawn.with_gaps(grid, ways)
    assert filled == [["a", "d"], ["b", "d@1"], ["c"]]
    places = drawn.centres(filled, [("b", "a"), ("c", "b"), ("c", "d@1"), ("d@1", "d")])
    assert abs(places["d@1"][0] - places["b"][0]) > drawn.BOX / 2


def test_no_two_boxes_of_the_drawing_overlap():
    rooms = drawn.read_rooms()
    grid = drawn.rows(rooms)
    ways = drawn.routes(grid, drawn.arrows(rooms))
    places = drawn.centres(drawn.with_gaps(grid, ways), [])
    for row in drawn.with_gaps(grid, ways):
        order = sorted(row, key=lambda stop: places[stop][0])
        for left, right in pairwise(order):
            apart = places[right][0] - places[left][0]
            assert apart >= (drawn.breadth(left) + drawn.breadth(right)) / 2


def test_the_page_says_what_each_room_holds():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| `")]
    named = {part for line in table for part in line.split("|")[1].split("`")[1::2]}
    assert named == set(drawn.read_rooms())


@pytest.mark.parametrize("statement", ["from anomalylab import x", "import anomalylab.x.y"])
def test_every_way_to_import_a_room_is_seen(tmp_path, statement):
    path = tmp_path / "module.py"
    path.write_text(statement)
    assert list(drawn.imported_rooms(path)) == ["x"]
