"""PNI is PatchCore on what position and neighbours allow."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from anomalylab import detectors
from anomalylab.compute.position_table import position_shares
from anomalylab.detectors import create
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features

PRESETS = detectors.registry.get("pni").presets
SMALL = {
    "coreset": 0.4,
    "n_kinds": 12,
    "reach": 1,
    "n_layers": 2,
    "width": 16,
    "epochs": 3,
    "n_batch": 96,
    "learning_rate": 0.02,
    "radius": 0,
    "tau_ref": "emb",
}


def striped(rng, n_images=12):
    """Maps of 6 x 8 cells: the left half is of one sort, the right half of another."""
    centre = np.zeros((6, 8, 4))
    centre[:, 4:] = 6
    noise = rng.normal(0, 0.3, (n_images, 6, 8, 4))
    return Features({"a": (centre + noise).astype(np.float32)})


@pytest.fixture(scope="module")
def trained():
    features = striped(np.random.default_rng(0))
    return create("pni", **SMALL).fit(features), features


@pytest.fixture
def query():
    """One normal map, and one with cells of the right sort in the midst of the left."""
    features = striped(np.random.default_rng(5), 2)
    features.level("a")[1, 1:4, 0:3] = features.level("a")[1, 1:4, 5:8]
    return features


def with_use(pni, use):
    """The same fitted detector, restricted otherwise."""
    other = replace(pni, use=use)
    for name, value in vars(pni).items():
        if name.endswith("_") or name == "_learnt_network":
            setattr(other, name, value)
    return other


def test_with_all_cells_allowed_it_is_patchcore(trained, query):
    pni, features = trained
    patchcore = create("patchcore", levels="all").fit(features)
    patchcore.remember(pni.bank_, pni.bank_image_, pni.bank_cell_)
    for got, expected in zip(
        with_use(pni, "none").score(query), patchcore.score(query), strict=True
    ):
        np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(with_use(pni, "none").matches(query), patchcore.matches(query))


def test_fewer_allowed_cells_give_larger_scores(trained, query):
    pni, _ = trained
    free = with_use(pni, "none").score_map(query)
    for use in ("both", "position", "neighbourhood"):
        assert (with_use(pni, use).score_map(query) >= free).all()
    assert (with_use(pni, "position").score_map(query) > free).any()


def test_what_is_normal_elsewhere_stands_out_by_position(trained, query):
    pni, _ = trained
    assert with_use(pni, "none").score_map(query)[1, 2, 1] < 2  # its like is in the memory
    assert with_use(pni, "position").score_map(query)[1, 2, 1] > 5


def test_what_is_normal_beside_others_stands_out_by_neighbours():
    odd = striped(np.random.default_rng(5), 1)
    odd.level("a")[0, 2, 1] = odd.level("a")[0, 2, 6]
    settings = {**SMALL, "side": 1, "epochs": 8, "tau": 0.02, "temperature": 1.0}
    features = striped(np.random.default_rng(0))
    maps = {
        use: create("pni", **settings, use=use).fit(features).score_map(odd)[0]
        for use in ("none", "neighbourhood")
    }
    assert maps["none"][2, 1] < 2
    assert maps["neighbourhood"][2, 1] > 5


def test_the_score_is_the_distance_to_the_nearest_allowed_row(trained, query):
    pni, _ = trained
    cells = pni.embed(query)
    position, beside = pni.shares(cells)
    np.testing.assert_allclose(position.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(beside.sum(axis=1), 1, rtol=1e-5)
    allowed = ((position + beside) / 2 > 1 / (2 * len(pni.bank_)))[:, pni.kind_]
    distance = cdist(cells.reshape(-1, 4), pni.bank_)
    expected = np.where(allowed, distance, np.inf).min(axis=1)
    image_scores, maps = pni.score(query)
    np.testing.assert_allclose(maps.ravel(), expected, rtol=1e-6)
    np.testing.assert_allclose(image_scores, maps.max(axis=(1, 2)), rtol=1e-6)
    assert pni.n_fallbacks(query).tolist() == [0, 0]


def test_kinds_are_the_first_of_the_memory_and_count_where_they_stand(trained):
    pni, features = trained
    np.testing.assert_array_equal(pni.kind_[:12], np.arange(12))
    kinds = cdist(pni.embed(features).reshape(-1, 4), pni.bank_[:12]).argmin(axis=1)
    expected = position_shares(kinds.reshape(12, 6, 8), 12)
    np.testing.assert_array_equal(pni.position_, expected)
    level = pni.embed(features).reshape(12, 48, 4)
    np.testing.assert_array_equal(level[pni.bank_image_, pni.bank_cell_], pni.bank_)


def test_two_distances_are_averaged_where_scores_are_combined(trained, query):
    pni, _ = trained
    both = replace(with_use(pni, "both"), combine="score")
    maps = {}
    for use in ("both", "position", "neighbourhood"):
        one = with_use(both, use)
        for name, value in vars(with_use(pni, use)).items():
            if name.endswith("_") or name == "_learnt_network":
                setattr(one, name, value)
        maps[use] = one.score_map(query)
    np.testing.assert_allclose(
        maps["both"], (maps["position"] + maps["neighbourhood"]) / 2, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("n_bank", "n_kinds", "is_sure"), [(1000, 2048, False), (1100, 2048, True)]
)
def test_half_of_one_over_the_memory_is_exceeded_by_some_kind_if_it_is_large(
    n_bank, n_kinds, is_sure
):
    pni = create("pni", n_kinds=n_kinds, use="position", tau_ref="emb")
    pni.bank_ = np.zeros((n_bank, 1), np.float32)
    uniform = np.full((1, n_kinds), 1 / n_kinds, np.float32)
    (allowed,) = pni.rules().allowed(uniform, uniform)
    assert allowed.any() == is_sure


def test_where_nothing_is_allowed_the_nearest_or_the_farthest_counts_with_a_penalty(trained, query):
    pni, features = trained
    cells = pni.embed(query).reshape(-1, 4)
    distance = cdist(cells, pni.bank_)
    tau = float(np.quantile(pni.position_.max(axis=2), 0.7))
    settings = {**SMALL, "tau": tau, "use": "position", "penalty": 3.0}
    nearest = create("pni", **settings).fit(features)
    allowed = np.tile((nearest.position_ > tau).reshape(48, 12), (2, 1))
    nothing = ~allowed.any(axis=1)
    assert 4 < nothing.sum() < 92
    expected = np.where(allowed[:, pni.kind_], distance, np.inf).min(axis=1)
    expected[nothing] = distance.min(axis=1)[nothing] + 3
    np.testing.assert_allclose(nearest.score_map(query).ravel(), expected, rtol=1e-6)
    assert nearest.n_fallbacks(query).tolist() == [nothing[:48].sum(), nothing[48:].sum()]
    farthest = create("pni", **settings, fallback="farthest").fit(features)
    expected[nothing] = distance.max(axis=1)[nothing] + 3
    np.testing.assert_allclose(farthest.score_map(query).ravel(), expected, rtol=1e-6)


def test_a_threshold_that_allows_nothing_anywhere_is_refused():
    features = striped(np.random.default_rng(0))
    with pytest.raises(ParameterError, match=r"tau=0.9 allows no cell .* largest share"):
        create("pni", **SMALL, tau=0.9).fit(features)


def test_the_mean_of_the_largest_hundredth_may_score_an_image(trained, rng):
    pni, _ = trained
    maps = rng.random((3, 20, 20))
    top = replace(pni, image_score="top")._image_scores(maps)
    np.testing.assert_allclose(top, np.sort(maps.reshape(3, -1))[:, -4:].mean(axis=1))


def test_a_margin_is_neither_learnt_nor_scored(query):
    features = striped(np.random.default_rng(0))
    pni = create("pni", **{**SMALL, "n_kinds": 8}, margin=1).fit(features)
    assert pni.position_.shape == (4, 6, 8)
    rows, cols = np.divmod(pni.bank_cell_, 8)
    assert rows.min() >= 1
    assert rows.max() <= 4
    assert cols.max() <= 6
    level = pni.embed(features).reshape(12, 48, 4)
    np.testing.assert_array_equal(level[pni.bank_image_, pni.bank_cell_], pni.bank_)
    maps = pni.score_map(query)
    np.testing.assert_array_equal(maps[:, 0], maps[:, 1])
    np.testing.assert_array_equal(maps[:, :, -1], maps[:, :, -2])


OFFICIAL = {**PRESETS["pni_official"], **SMALL, "radius": 2, "margin": 1, "pooling": "mean"}


def rank_that_counts(to_bank, kind, is_allowed):
    """Return the first number that stands for a rank, a kind and a column at once."""
    by_distance = sorted(range(len(is_allowed)), key=lambda k: to_bank[k])
    for column in range(len(to_bank) - 1):
        for number, one in enumerate(by_distance):
            if is_allowed[one] and kind[column] == number:
                return column
    return len(to_bank) - 1


def test_the_published_code_is_followed_in_small(query):
    pni = create("pni", **OFFICIAL).fit(striped(np.random.default_rng(0)))
    assert pni.position_.shape == (4, 6, len(pni.bank_))
    cells = pni.embed(query)
    position, beside = pni.shares(cells)
    distance = cdist(pni.inner(cells).reshape(-1, 4), pni.bank_)
    tau = float(np.quantile(beside, 0.8))  # so that ranks above 0 count, too
    assert tau > pni.rules().tau
    expected = []
    for to_bank, at_place, by_neighbours in zip(distance, position, beside, strict=True):
        fits = [to_bank[j] for j in range(len(to_bank)) if at_place[j] > tau]
        rank = rank_that_counts(to_bank, pni.kind_, by_neighbours[:12] > tau)
        expected.append((min(fits, default=max(to_bank)), sorted(to_bank)[rank]))
    by_hand = np.array(expected)
    assert (by_hand[:, 1] > distance.min(axis=1)).sum() > 10
    pni.tau = tau
    maps = pni.score_map(query)
    np.testing.assert_allclose(maps[:, 1:-1, 1:-1].ravel(), by_hand.mean(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(maps[:, 0], maps[:, 1])


def counted(nearest, radius, n_bank):
    """Return how often each row of a memory was nearest at a place or around, cell by cell."""
    n_images, n_rows, n_cols = nearest.shape
    counts = np.zeros((n_rows, n_cols, n_bank))
    for image, row, col in np.ndindex(n_images, n_rows, n_cols):
        for y in range(max(0, row - radius), min(n_rows, row + radius + 1)):
            for x in range(max(0, col - radius), min(n_cols, col + radius + 1)):
                counts[y, x, nearest[image, row, col]] += 1
    return counts / counts.sum(axis=2, keepdims=True)


def test_where_position_alone_restricts_the_edge_has_a_memory_of_its_own(query):
    features = striped(np.random.default_rng(0))
    pni = create("pni", **OFFICIAL, use="position").fit(features)
    trained, cells = (pni.embed(one).reshape(-1, 4) for one in (features, query))
    assert len(pni.bank_) == round(0.4 * len(trained)) == 230
    is_edge = (np.isin(pni.bank_cell_ // 8, (0, 5))) | (np.isin(pni.bank_cell_ % 8, (0, 7)))
    assert 0 < is_edge.sum() < len(is_edge)
    nearest = cdist(trained, pni.bank_).argmin(axis=1).reshape(12, 6, 8)
    shares = counted(nearest, 2, len(pni.bank_)).reshape(48, -1)
    expected = []
    for place, to_bank in enumerate(cdist(cells, pni.bank_)):
        fits = shares[place % 48] > 1 / (2 * len(pni.bank_))
        expected.append(to_bank[fits].min() if fits.any() else to_bank.max())
    np.testing.assert_allclose(pni.score_map(query).ravel(), expected, rtol=1e-6)
    free = create("pni", **OFFICIAL, use="none").fit(features)
    np.testing.assert_array_equal(free.bank_, pni.bank_)
    everywhere = cdist(cells, free.bank_).min(axis=1)
    np.testing.assert_allclose(free.score_map(query).ravel(), everywhere, rtol=1e-6)
    inside = create("pni", **{**OFFICIAL, "is_edge_kept": False}, use="position").fit(features)
    assert len(inside.bank_) == round(0.4 * 12 * 4 * 6)


def test_a_cell_is_explained_by_what_each_allows(trained, query):
    pni, _ = trained
    cell = pni.explained(query, 1, 2, 1)
    maps = {use: with_use(pni, use).score_map(query)[1, 2, 1] for use in cell.score}
    assert set(maps) == {"both", "position", "neighbourhood", "none"}
    for use, score in cell.score.items():
        assert score == pytest.approx(maps[use], rel=1e-6)
        assert cell.distance[cell.nearest[use]] == pytest.approx(score, rel=1e-6)
    assert cell.nearest["none"] == cell.distance.argmin()
    assert cell.by_position[cell.nearest["position"]]
    assert not cell.by_position[cell.nearest["none"]]
    np.testing.assert_array_equal(cell.allowed, (cell.position + cell.beside) / 2 > cell.tau)
    assert not cell.is_fallback
    with pytest.raises(ParameterError, match="no cell 6, 0"):
        pni.explained(query, 0, 6, 0)


def test_all_cells_are_listed_as_each_alone_is_explained(trained, query):
    pni = trained[0]
    found = pni.listed(query, n_nearest=3)
    assert len(found.row) == 2 * 6 * 8
    np.testing.assert_allclose(found.scores[:, 0], pni.score(query)[1].ravel(), rtol=1e-6)
    for number in range(0, len(found.row), 7):
        cell = pni.explained(query, found.image[number], found.row[number], found.col[number])
        counts = [one.sum() for one in (cell.allowed, cell.by_position, cell.by_neighbours)]
        assert found.counts[number].tolist() == counts
        np.testing.assert_allclose(found.scores[number], list(cell.score.values()))
        nearest = np.flatnonzero(cell.allowed)[np.argsort(cell.distance[cell.allowed])[:3]]
        refused = np.where(cell.allowed, np.inf, cell.distance).argmin()
        wanted = np.sort(cell.distance[nearest]).tolist() + [cell.distance[refused]]
        is_there = found.rows[number, :4] >= 0
        np.testing.assert_allclose(
            found.distances[number, :4][is_there], np.array(wanted)[is_there], rtol=1e-6
        )
        assert is_there[3] == (not cell.allowed.all())
        assert found.rows[number, 4:].tolist() == [
            cell.nearest[use] for use in ("position", "neighbourhood", "none")
        ]
        np.testing.assert_array_equal(
            found.of_position[number, 4:], cell.position[found.rows[number, 4:]]
        )
    with pytest.raises(ParameterError, match="fit it with 'both'"):
        with_use(pni, "none").listed(query)


def test_without_neighbours_no_network_is_trained(query):
    pni = create("pni", **SMALL, use="position").fit(striped(np.random.default_rng(0)))
    assert pni.weights_ == {}
    assert pni.training_curve().empty
    with pytest.raises(ParameterError, match="'both'"):
        pni.explained(query, 0, 0, 0)


def test_the_curve_tells_loss_and_accuracy_of_images_held_out(trained):
    curve = trained[0].training_curve()
    assert set(curve["part"]) == {"train", "validation"}
    assert set(curve["measure"]) == {"loss", "accuracy"}
    assert curve["epoch"].max() == 3


def test_a_memory_that_cannot_hold_the_kinds_is_refused():
    features = striped(np.random.default_rng(0))
    with pytest.raises(ParameterError, match=r"keeps 6 of 576 training cells.*12 kinds"):
        create("pni", **{**SMALL, "coreset": 0.01}).fit(features)
    with pytest.raises(ParameterError, match="margin of 3 cells leaves none"):
        create("pni", **SMALL, margin=3).fit(features)


def test_presets_are_the_published_settings():
    paper, code = (create("pni", preset=name) for name in ("pni", "pni_official"))
    for pni in (paper, code):
        assert (pni.coreset, pni.n_kinds, pni.side, pni.margin) == (0.01, 2048, 5, 2)
        assert (pni.pooling, pni.n_channels, pni.n_seen) == ("windows", 1024, None)
        assert (pni.reach, pni.n_layers, pni.width, pni.dropout) == (4, 10, 2048, 0.5)
        assert (pni.epochs, pni.learning_rate, pni.n_batch) == (15, 1e-3, 2048)
        assert (pni.temperature, pni.tau_ref, pni.tau) == (2.0, "emb", None)
    names = ("radius", "combine", "position_over", "mapping", "is_off_by_one", "fallback")
    assert [getattr(paper, name) for name in names] == [0, "prob", "dist", "kind", False, "nearest"]
    assert [getattr(code, name) for name in names] == [4, "score", "emb", "rank", True, "farthest"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coreset": 0.0}, "coreset"),
        ({"n_kinds": 1}, "n_kinds must be at least 2"),
        ({"reach": 0}, "reach must be at least 1"),
        ({"dropout": 1.0}, "shares in"),
        ({"temperature": 0.0}, "temperature"),
        ({"side": 4}, "side must be odd"),
        ({"n_seen": 0}, "n_seen"),
        ({"tau": 1.0}, "shares are at most 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        create("pni", **options)
    with pytest.raises(UnknownNameError, match="prob"):
        create("pni", combine="probs")


def test_the_plan_refuses_what_fitting_would_before_images_are_described():
    shapes = {"a": (14, 14, 80)}
    create("pni").plan(14, shapes)
    with pytest.raises(ParameterError, match=r"keeps 255 of 2548 training cells.*256 kinds"):
        create("pni").plan(13, shapes)
    with pytest.raises(ParameterError, match="margin of 7 cells leaves none of 14 x 14"):
        create("pni", margin=7).plan(100, shapes)
    with pytest.raises(ParameterError, match="no device cuda:7 here"):
        create("pni", device="cuda:7").plan(100, shapes)
    with pytest.raises(ParameterError, match=r"gives none of levels=\('b',\)"):
        create("pni", levels=("b",)).plan(100, shapes)


def test_the_plan_counts_the_network_for_each_training():
    shapes = {"a": (14, 14, 80)}
    one, two = (create("pni", epochs=n).plan(100, shapes).seconds for n in (10, 20))
    none = create("pni", use="position").plan(100, shapes).seconds
    assert two - none > 1.9 * (one - none)
    assert (
        create("pni").plan(100, shapes).bytes < create("pni", coreset=1.0).plan(100, shapes).bytes
    )
