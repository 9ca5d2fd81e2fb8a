"""Twins: an image beside itself with a defect of chosen kind, place, size and colour."""

import numpy as np
import pandas as pd
import pytest

from anomalylab import synthesise
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.runs.sensitivity.plan import Wish, plan
from anomalylab.synthesise.cutpaste import cutpaste
from anomalylab.synthesise.cutpaste_scar import cutpaste_scar
from anomalylab.synthesise.draem import draem, perlin
from anomalylab.synthesise.foreign import in_other_colours, made_up
from anomalylab.synthesise.line import line
from anomalylab.synthesise.place import edges, first_point
from anomalylab.synthesise.planted import width_of
from anomalylab.synthesise.recoloured import recoloured
from anomalylab.synthesise.stroke import pick_any_colour
from anomalylab.synthesise.twin import TwinOptions, options_of, twin

KINDS = sorted(synthesise.registry)
SIDE = 64


@pytest.fixture(scope="module")
def disc():
    """A dark disc on white, smooth inside."""
    rows, cols = np.indices((SIDE, SIDE))
    is_object = np.hypot(rows - 30, cols - 36) < 18
    return np.where(is_object[..., None], (60, 70, 90), (240, 240, 240)).astype(np.uint8), is_object


def drawn(**options):
    """The line of a seed on black, and its mask."""
    rng = np.random.default_rng(options.pop("seed", 0))
    return line(np.zeros((224, 224, 3), np.uint8), rng, **options)


@pytest.mark.parametrize("place", ["anywhere", "on-blob", "on-edge"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_differs_from_its_image_inside_the_mask_only(kind, place, disc):
    image, _ = disc
    for seed in range(4):
        changed, mask = twin(image, TwinOptions(kind=kind, place=place), seed)
        assert changed.shape == image.shape
        assert mask.any()
        np.testing.assert_array_equal(changed[~mask], image[~mask])


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_twin_and_another_another(kind, disc):
    one, same, other = (twin(disc[0], TwinOptions(kind=kind), (7, s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one[0], same[0])
    np.testing.assert_array_equal(one[1], same[1])
    assert (one[1] != other[1]).any()


def test_contrast_is_how_opaque_a_twin_is(disc):
    faint, full = (
        twin(disc[0], TwinOptions(kind="line", contrast=contrast), 3) for contrast in (0.2, 1.0)
    )
    np.testing.assert_array_equal(faint[1], full[1])
    change = [
        np.abs(one[one_mask].astype(float) - disc[0][one_mask]) for one, one_mask in (faint, full)
    ]
    np.testing.assert_allclose(change[0], 0.2 * change[1], atol=0.51)


def test_a_line_on_the_blob_begins_inside_the_object_and_one_on_an_edge_at_its_rim(disc):
    image, is_object = disc
    rows, cols = np.nonzero(edges(image))
    shrink = SIDE / 224
    from_middle = np.hypot(rows * shrink - 30, cols * shrink - 36)
    assert (np.abs(from_middle - 18) < 3).all()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        row, col = first_point(image, "on-blob", rng)
        assert np.hypot(row - 30, col - 36) < 21
        row, col = first_point(image, "on-edge", rng)
        assert abs(np.hypot(row - 30, col - 36) - 18) < 3.5
    inside = [
        is_object[tuple(int(p) for p in first_point(image, "on-blob", np.random.default_rng(s)))]
        for s in range(40)
    ]
    assert np.mean(inside) > 0.8


def test_places_are_found_in_an_image_of_any_size(disc):
    large = np.kron(disc[0], np.ones((9, 7, 1), np.uint8))
    for seed in range(5):
        row, col = first_point(large, "on-edge", np.random.default_rng(seed))
        assert abs(np.hypot(row / 9 - 30, col / 7 - 36) - 18) < 4


def test_an_image_without_an_object_is_refused_with_what_was_looked_for():
    flat = np.full((SIDE, SIDE, 3), 120, np.uint8)
    for place in ("on-blob", "on-edge"):
        with pytest.raises(ParameterError, match=r"changes by more than 20 .* place=\"anywhere\""):
            twin(flat, TwinOptions(place=place), 0)
    assert twin(flat, TwinOptions(), 0)[1].any()


def test_the_steps_of_an_edge_run_down_and_are_summed_over_the_channels():
    side = np.zeros((224, 224, 3), np.uint8)
    side[:, 112:] = 255
    assert not edges(side).any()  # a step across is none
    faint = np.zeros((224, 224, 3), np.uint8)
    faint[112:] = 40  # smoothed over five rows: 3 x 40 / 5 = 24 a row
    assert np.flatnonzero(edges(faint).all(axis=1)).tolist() == [109, 110, 111, 112, 113]
    faint[112:] = 33  # 19.8
    assert not edges(faint).any()


def test_a_line_runs_towards_the_middle_as_far_and_as_wide_as_drawn():
    for row, col in ((10, 20), (200, 30), (40, 190)):
        _, mask = drawn(centre=(float(row), float(col)), length=(30, 30), width=(1, 1))
        rows, cols = np.nonzero(mask)
        assert np.ptp(rows) == np.ptp(cols) == 30
        assert rows.min() == (row if row < 112 else row - 30)
        assert cols.min() == (col if col < 112 else col - 30)
    _, mask = drawn(centre=(100.0, 100.0), length=(40, 40), width=(9, 9))
    assert 8 <= width_of(mask) <= 10


def test_a_line_grows_with_the_image():
    small, large = (
        line(np.zeros((side, side, 3), np.uint8), np.random.default_rng(2))[1].mean()
        for side in (224, 672)
    )
    assert large == pytest.approx(small, rel=0.15)


def test_what_runs_one_past_the_last_is_held_at_it():
    class Last:
        """Draws the largest number that may be drawn."""

        def integers(self, low, high=None, size=None, *, endpoint=False):
            last = (low if high is None else high) - (not endpoint)
            return last if size is None else np.full(size, last)

    assert pick_any_colour(Last(), "any").tolist() == [255, 255, 255]
    _, mask = line(np.zeros((224, 224, 3), np.uint8), Last(), length=(0, 0), width=(1, 1))
    assert np.argwhere(mask).tolist() == [[223, 223]]


def test_a_line_of_no_length_is_a_square_of_its_width():
    _, mask = drawn(centre=(50.0, 60.0), length=(0, 0), width=(7, 7))
    rows, cols = np.nonzero(mask)
    assert mask.sum() == 49
    assert (rows.mean(), cols.mean()) == (50, 60)


def test_a_grey_line_has_one_level_and_a_coloured_one_three():
    changed, mask = drawn(colour="grey", width=(5, 5))
    assert np.ptp(changed[mask], axis=1).max() == 0
    changed, mask = drawn(colour="any", width=(5, 5))
    assert np.ptp(changed[mask], axis=1).min() > 0
    assert np.ptp(changed[mask], axis=0).max() == 0


def test_a_pasted_rectangle_has_the_share_and_the_shape_asked_for(disc):
    for seed in range(10):
        _, mask = cutpaste(
            np.zeros((100, 200, 3), np.uint8),
            np.random.default_rng(seed),
            area=(0.1, 0.1),
            aspect=(0.5, 0.5),
        )
        rows, cols = np.nonzero(mask)
        assert (np.ptp(rows) + 1, np.ptp(cols) + 1) == (32, 63)
        assert mask.sum() == 32 * 63


def test_without_jitter_a_pasted_piece_is_one_of_the_source(disc):
    rng = np.random.default_rng(0)
    source = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    changed, mask = cutpaste(disc[0], rng, source=source, jitter=0.0, area=(0.02, 0.02))
    rows, cols = np.nonzero(mask)
    piece = changed[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1]
    views = np.lib.stride_tricks.sliding_window_view(source, piece.shape)
    assert (views == piece).all(axis=(3, 4, 5)).any()


def test_a_scar_is_a_turned_strip_of_its_sides():
    image = np.zeros((224, 224, 3), np.uint8)
    for seed in range(5):
        _, mask = cutpaste_scar(
            image, np.random.default_rng(seed), length=(24, 24), width=(6, 6), centre=(90.0, 90.0)
        )
        assert mask.sum() == pytest.approx(24 * 6, rel=0.25)
        assert 5 <= width_of(mask) <= 7
        rows, cols = np.nonzero(mask)
        assert np.ptp(rows) >= np.ptp(cols) - 2  # it stands within 45 degrees of upright


def test_recolouring_keeps_a_patch_without_jitter_and_moves_it_within_bounds_with_it():
    rng = np.random.default_rng(0)
    patch = rng.integers(80, 170, (9, 9, 3), dtype=np.uint8)
    np.testing.assert_allclose(recoloured(rng, patch, 0.0), patch, atol=1e-3)
    moved = np.abs(recoloured(rng, patch, 0.1) - patch)
    assert 1 < moved.mean() < 40
    grey = np.full((4, 4, 3), 100, np.uint8)
    assert np.ptp(recoloured(rng, grey, 0.1)) < 1e-3  # grey has no hue to turn
    with pytest.raises(ParameterError, match="jitter"):
        recoloured(rng, patch, 0.7)


def test_perlin_noise_is_zero_at_whole_numbers_smooth_and_bounded():
    places = np.linspace(0, 8, 161, dtype=np.float32)
    noise = perlin(
        np.random.default_rng(0), places[:, None] + 0 * places, places + 0 * places[:, None]
    )
    assert np.abs(noise[::20, ::20]).max() < 1e-5
    assert 0.5 < np.abs(noise).max() <= 1
    assert np.abs(np.diff(noise, axis=0)).max() < 0.2


def test_foreign_patches_show_the_given_texture_or_a_made_up_one(disc):
    image = disc[0]
    source = np.zeros((20, 30, 3), np.uint8)
    source[..., 0] = 200
    for seed in range(4):
        changed, mask = draem(image, np.random.default_rng(seed), source=source, opacity=(1, 1))
        assert len(np.unique(changed[mask], axis=0)) == 1  # an even source in other colours
    colours = [
        len(
            np.unique(
                draem(image, np.random.default_rng(s), opacity=(1, 1))[0].reshape(-1, 3), axis=0
            )
        )
        for s in range(4)
    ]
    assert max(colours) > 10


def test_foreign_patches_lie_within_their_reach_or_everywhere():
    image = np.full((224, 224, 3), 128, np.uint8)
    near, everywhere = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows, cols = np.nonzero(draem(image, rng, centre=(112.0, 112.0))[1])
        near.append(np.hypot(rows - 112, cols - 112).max())
        rows, cols = np.nonzero(draem(image, rng, is_everywhere=True)[1])
        everywhere.append(np.ptp(rows))
    assert max(near) <= 0.3 * 224 + 1
    assert np.median(everywhere) > 180


@pytest.mark.parametrize("shape", [(8, 8), (33, 90)])
def test_textures_fill_their_shape_with_colours(shape):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    for _ in range(12):
        for texture in (made_up(rng, shape), in_other_colours(rng, image, shape)):
            assert texture.shape == (*shape, 3)
            assert texture.min() >= 0
            assert texture.max() <= 255


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"contrast": 0.0}, "contrast"),
        ({"contrast": 1.2}, "contrast"),
        ({"scale": 0.0}, "scale"),
        ({"colour": "red"}, "'any' or 'grey'"),
        ({"length": (9, 4)}, "length is a lower and an upper bound"),
        ({"width": (1,)}, "width is a lower and an upper bound"),
        ({"kind": "spot", "length": (1, 2)}, "has no length; leave it out, or choose one of brush"),
        ({"kind": "draem", "colour": "grey"}, "has no colour"),
    ],
)
def test_options_that_cannot_be_had_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        TwinOptions(**options)


def test_unknown_kinds_places_and_images_are_refused(disc):
    with pytest.raises(UnknownNameError, match="line"):
        TwinOptions(kind="lin")
    with pytest.raises(UnknownNameError, match="on-blob"):
        TwinOptions(place="on_blob")
    with pytest.raises(ParameterError, match="uint8 image of shape"):
        twin(disc[0][..., 0], TwinOptions(), 0)
    with pytest.raises(ParameterError, match="takes no source"):
        twin(disc[0], TwinOptions(), 0, source=disc[0])
    with pytest.raises(ParameterError, match="source must be a uint8 image"):
        twin(disc[0], TwinOptions(kind="cutpaste"), 0, source=disc[0][..., 0])


def test_a_plugin_without_a_place_is_put_anywhere_and_not_on_the_object(disc, monkeypatch):
    def corner(image, rng, contrast=1.0, *, where=None, scale=1.0):
        mask = np.zeros(image.shape[:2], bool)
        mask[:4, :4] = True
        return np.where(mask[..., None], 255 - image, image), mask

    monkeypatch.setitem(synthesise.registry._factories, "corner", corner)
    assert twin(disc[0], TwinOptions(kind="corner"), 0)[1].sum() == 16
    with pytest.raises(ParameterError, match="'corner' has no place on the object"):
        TwinOptions(kind="corner", place="on-blob")


def test_the_options_of_a_kind_are_told_with_what_they_are_if_not_given():
    assert options_of("line")["length"] == (0, 45)
    assert options_of("line")["width"] == (1, 16)
    assert "length" not in options_of("stain")


def test_what_sensitivity_plants_is_as_before_unless_a_new_kind_is_named():
    samples = pd.DataFrame({"width": [224] * 6, "height": [224] * 6})
    before = plan(np.arange(6), samples, Wish(), seed=0)
    assert {one.kind for one in before} == {
        "missing_part",
        "patch_swap",
        "scratch",
        "spot",
        "stain",
    }
    named = plan(np.arange(6), samples, Wish(kinds=("line", "brush"), widths=(6,)), seed=0)
    assert {one.kind for one in named} == {"line", "brush"}
