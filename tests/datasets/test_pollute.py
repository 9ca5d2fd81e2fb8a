"""Pollution: the protocol's invariants on drawn data sets, its numbers by hand, given splits."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalylab.datasets.pollute import (
    PROTOCOLS,
    Pollution,
    n_of_share,
    pollute,
    pollution_from_table,
)
from anomalylab.datasets.pollute._shares import apportioned
from anomalylab.errors import (
    DatasetError,
    InfeasiblePollution,
    ParameterError,
    SchemaError,
    UnknownNameError,
)

MVTEC = {
    "carpet": (280, 28, 89),
    "grid": (264, 21, 57),
    "leather": (245, 32, 92),
    "tile": (230, 33, 84),
    "wood": (247, 19, 60),
    "bottle": (209, 20, 63),
    "cable": (224, 58, 92),
    "capsule": (219, 23, 109),
    "hazelnut": (391, 40, 70),
    "metal_nut": (220, 22, 93),
    "pill": (267, 26, 141),
    "screw": (320, 41, 119),
    "toothbrush": (60, 12, 30),
    "transistor": (213, 60, 40),
    "zipper": (240, 32, 119),
}
"""Good training images, good and defective test images of MVTec AD."""


def table_of(n_train, n_good, types, n_train_defect=0):
    """A samples table with as much as the protocol reads, defects first as sorting puts them."""
    kinds = [kind for kind, n in types.items() for _ in range(n)]
    split = ["test"] * (len(kinds) + n_good) + ["train"] * (n_train_defect + n_train)
    kinds = kinds + ["good"] * n_good + ["bent"] * n_train_defect + ["good"] * n_train
    samples = pd.DataFrame({"split": split, "defect_type": kinds, "category": "nut", "group": None})
    samples["label"] = pd.array([int(kind != "good") for kind in kinds], dtype="Int64")
    samples["image_path"] = [
        f"nut/{s}/{k}/{i:03d}.png" for i, (s, k) in enumerate(zip(split, kinds, strict=True))
    ]
    return samples


counts = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30), min_size=1)


@st.composite
def asked(draw):
    samples = table_of(draw(st.integers(1, 60)), draw(st.integers(0, 9)), draw(counts))
    share = draw(st.floats(0, 0.99))
    return samples, share, draw(st.sampled_from(PROTOCOLS)), draw(st.integers(0, 99))


def polluted(case):
    samples, share, protocol, seed = case
    try:
        return samples, pollute(samples, share=share, split_seed=seed, protocol=protocol)
    except InfeasiblePollution:
        n_defects, n_good = (samples["label"] == 1).sum(), (samples["split"] == "train").sum()
        is_shared = protocol == "append-overlap"
        assert n_of_share(share, n_good) > n_defects - (0 if is_shared else 1)
        return samples, None


@given(asked(), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_every_training_set_keeps_the_protocol(case, run_seed):
    samples, pollution = polluted(case)
    if pollution is None:
        return
    labels = samples["label"].to_numpy(dtype=int)
    before = set()
    for level in np.linspace(0, pollution.share, 4):
        rows, is_noise = pollution.training(level, run_seed)
        n_polluted = n_of_share(level, len(pollution.normal))
        n_added = 0 if pollution.protocol == "replace" else n_polluted
        assert len(rows) == len(set(rows)) == len(pollution.normal) + n_added
        assert is_noise.sum() == n_polluted
        np.testing.assert_array_equal(labels[rows], is_noise)
        assert before <= set(rows[is_noise])
        before = set(rows[is_noise])
        again = pollution.training(level, run_seed)
        np.testing.assert_array_equal(rows, again[0])
        judged = pollution.validation_of(level, run_seed)
        np.testing.assert_array_equal(judged, pollution.validation)
        shared = set(judged) & set(rows)
        assert shared == (before if pollution.protocol == "append-overlap" else set())


@given(asked())
@settings(max_examples=100, deadline=None)
def test_test_images_are_judged_or_pollute(case):
    samples, pollution = polluted(case)
    if pollution is None:
        return
    test = np.flatnonzero(samples["split"] == "test")
    assert len(pollution.pollutants) == n_of_share(pollution.share, len(pollution.normal))
    if pollution.protocol == "append-overlap":
        np.testing.assert_array_equal(pollution.validation, test)
    else:
        both = np.concatenate([pollution.validation, pollution.pollutants])
        np.testing.assert_array_equal(np.sort(both), test)


@given(counts, st.data())
@settings(max_examples=300, deadline=None)
def test_types_are_apportioned_within_one_of_their_quota(counts, data):
    total = sum(counts.values())
    n = data.draw(st.integers(0, total))
    taken = apportioned(n, counts)
    assert sum(taken.values()) == n
    for name, count in counts.items():
        assert 0 <= taken[name] <= count
        assert abs(taken[name] - n * count / total) <= 1
    used_up = [name for name, count in counts.items() if taken[name] == count]
    if used_up:  # another type that got no more than its floor would be used up by one more
        others = [
            name
            for name, count in counts.items()
            if taken[name] == n * count // total and taken[name] + 1 < count
        ]
        by_rest = [name for name in used_up if n * counts[name] % total]
        assert not (others and by_rest)


def test_seats_go_by_largest_remainder_then_by_name():
    # Quotas of 5 of 16: 2.1875, 1.875, 0.625, 0.3125. Floors 2, 1, 0, 0; two left: b, then c.
    assert apportioned(5, {"d": 1, "c": 2, "b": 6, "a": 7}) == {"a": 2, "b": 2, "c": 1, "d": 0}
    # Equal remainders of 2/3: the first two names.
    assert apportioned(2, {"z": 5, "y": 5, "x": 5}) == {"x": 1, "y": 1, "z": 0}
    # Quotas 2, 1/2, 1/2: one of b or c would be used up, so a gets a whole one more.
    assert apportioned(3, {"a": 4, "b": 1, "c": 1}) == {"a": 3, "b": 0, "c": 0}
    # b alone has the largest remainder, 0.75, but it would be used up: its image passes to a.
    assert apportioned(3, {"a": 3, "b": 1}) == {"a": 2, "b": 1}
    assert apportioned(2, {"a": 3, "b": 1}) == {"a": 2, "b": 0}


def test_an_image_of_each_type_is_left_to_be_judged():
    # Quotas of 4 of 10: 3.2, 0.4, 0.4. By remainders alone the only cut would be used up.
    samples = table_of(20, 5, {"bent": 8, "cut": 1, "hole": 1})
    pollution = pollute(samples, share=0.2)
    assert set(samples["defect_type"].iloc[pollution.validation]) == {"good", "bent", "cut", "hole"}
    assert len(pollution.pollutants) == 4


@pytest.mark.parametrize("category", MVTEC)
def test_of_mvtec_exactly_hazelnut_and_transistor_have_too_few_defects(category):
    n_train, n_good, n_defect = MVTEC[category]
    samples = table_of(n_train, n_good, {"bent": n_defect // 2, "cut": n_defect - n_defect // 2})
    missing = {"hazelnut": (78, 70, "-8"), "transistor": (42, 40, "-2")}.get(category)
    if missing is None:
        left = len(pollute(samples).validation) - n_good
        assert left == n_defect - int(0.2 * n_train)
    else:
        needed, there, by = missing
        with pytest.raises(
            InfeasiblePollution, match=rf"are {needed}:.*there are {there} \({by}\)"
        ):
            pollute(samples)


def test_the_numbers_of_mvtec_are_those_published():
    assert sum(n for n, _, _ in MVTEC.values()) == 3629
    assert sum(good + bad for _, good, bad in MVTEC.values()) == 1725
    n_train, n_good, n_defect = MVTEC["grid"]
    left = pollute(table_of(n_train, n_good, {"bent": n_defect})).validation
    assert len(left) == n_good + 5


def test_the_split_seed_draws_what_may_pollute_and_the_run_seed_does_not():
    samples = table_of(50, 5, {"bent": 20, "cut": 10})
    one, same, other = (pollute(samples, split_seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.pollutants, same.pollutants)
    assert set(one.pollutants) != set(other.pollutants)
    sets = [set(one.training(0.2, seed)[0]) for seed in range(5)]
    assert len({frozenset(s) for s in sets}) == 5  # other good images leave
    assert all(set(one.pollutants) <= s for s in sets)
    half = [one.training(0.1, seed) for seed in range(5)]
    assert len({frozenset(rows[is_noise]) for rows, is_noise in half}) > 1


def test_at_level_zero_all_good_images_are_the_training_set():
    pollution = pollute(table_of(30, 5, {"bent": 20}))
    for seed in range(3):
        rows, is_noise = pollution.training(0, seed)
        np.testing.assert_array_equal(np.sort(rows), pollution.normal)
        assert not is_noise.any()


def test_the_place_of_a_row_tells_nothing_of_what_it_is():
    pollution = pollute(table_of(50, 5, {"bent": 40}))
    places = [np.flatnonzero(pollution.training(0.2, seed)[1]).mean() for seed in range(60)]
    # The mean place of 10 of 50 at random is 24.5, with a deviation of 4.1 over seeds.
    assert abs(np.mean(places) - 24.5) < 3 * 4.1 / np.sqrt(60)


def test_appended_defects_add_to_the_training_set():
    samples = table_of(50, 5, {"bent": 20})
    pollution = pollute(samples, protocol="append")
    assert len(pollution.training(0.2, 0)[0]) == 60
    assert pollution.contamination(0.2) == pytest.approx(10 / 60)
    assert pollute(samples).contamination(0.2) == pytest.approx(0.2)


def test_shared_defects_need_none_to_be_left():
    samples = table_of(50, 5, {"bent": 10})
    assert len(pollute(samples, protocol="append-overlap").validation) == 15
    for protocol in ("replace", "append"):
        with pytest.raises(InfeasiblePollution, match=r"up to 0\.18 can be had"):
            pollute(samples, protocol=protocol)


def test_shares_round_down_as_written_in_decimals():
    assert [n_of_share(s, n) for s, n in ((0.29, 100), (0.57, 100), (0.2, 209), (0.999, 1))] == [
        29,
        57,
        41,
        0,
    ]


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, np.nan, np.inf])
def test_shares_outside_of_zero_and_one_are_refused(share):
    samples = table_of(20, 5, {"bent": 10})
    with pytest.raises(ParameterError, match=r"lies in \[0, 1\)"):
        pollute(samples, share=share)
    with pytest.raises(ParameterError, match=r"lies in \[0, 1\)"):
        pollute(samples).training(share, 0)


def test_a_level_above_the_share_is_refused_with_the_numbers():
    pollution = pollute(table_of(20, 5, {"bent": 10}), share=0.2)
    with pytest.raises(ParameterError, match=r"0.25 is 5 of 20 images.*holds 4.*up to 0.2"):
        pollution.training(0.25, 0)


def test_unsuitable_samples_are_refused():
    samples = table_of(20, 5, {"bent": 10})
    with pytest.raises(UnknownNameError, match="replace"):
        pollute(samples, protocol="replce")
    with pytest.raises(ParameterError, match="1 images have no label"):
        pollute(samples.assign(label=samples["label"].where(samples.index > 0)))
    with pytest.raises(ParameterError, match="bolt, nut"):
        pollute(samples.assign(category=["bolt"] + ["nut"] * (len(samples) - 1)))
    with pytest.raises(ParameterError, match="none is a good training image"):
        pollute(samples.assign(split="unlabelled"))
    with pytest.raises(InfeasiblePollution, match="there are 0"):
        pollute(samples[samples["label"] == 0])


def test_defects_of_the_training_set_are_not_used():
    samples = table_of(20, 5, {"cut": 10}, n_train_defect=7)
    pollution = pollute(samples)
    used = np.concatenate([pollution.normal, pollution.pollutants, pollution.validation])
    assert "bent" not in set(samples["defect_type"].iloc[used])
    assert len(pollution.normal) == 20


def test_one_part_among_pollution_and_judged_is_warned_of():
    samples = table_of(20, 5, {"bent": 10})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pollute(samples)
    with pytest.warns(UserWarning, match="'part 7'"):
        pollute(samples.assign(group="part 7"))


def test_a_pollution_can_be_sent_to_a_worker():
    pollution = pollute(table_of(20, 5, {"bent": 10}))
    again = pickle.loads(pickle.dumps(pollution))
    np.testing.assert_array_equal(again.training(0.2, 3)[0], pollution.training(0.2, 3)[0])


@pytest.fixture
def samples():
    return table_of(10, 3, {"bent": 4})


def write(folder, rows, header="path,role,is_noise"):
    table = folder / "split.csv"
    table.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]), "utf-8")
    return table


def rows_of(samples, noise, overlap=False):
    rows = []
    for i, (path, split) in enumerate(zip(samples["image_path"], samples["split"], strict=True)):
        if i in noise:
            rows.append((path, "train", 1))
        if i not in noise or overlap:
            rows.append((path, split, 0))
    return rows


def test_a_split_that_is_given_is_taken_as_it_is(samples, tmp_path):
    pollution = pollution_from_table(samples, write(tmp_path, rows_of(samples, {0, 2})))
    assert pollution.protocol == "append"
    assert pollution.share == pytest.approx(0.2)
    for seed in range(2):
        rows, is_noise = pollution.training(pollution.share, seed)
        assert set(rows) == {0, 2, *range(7, 17)}
        assert set(rows[is_noise]) == {0, 2}
    assert set(pollution.validation) == {1, 3, 4, 5, 6}
    assert len(pollution.training(0.1, 0)[0]) == 11


def test_a_given_split_may_judge_what_it_was_polluted_with(samples, tmp_path):
    table = write(tmp_path, rows_of(samples, {0, 2}, overlap=True))
    pollution = pollution_from_table(samples, table)
    assert pollution.protocol == "append-overlap"
    assert set(pollution.validation) == set(range(7))


def test_a_split_may_be_written_as_other_programs_write_it(samples, tmp_path):
    rows = [
        (".\\" + p.replace("/", "\\"), r.capitalize(), bool(n)) for p, r, n in rows_of(samples, {1})
    ]
    pollution = pollution_from_table(samples, write(tmp_path, rows, " Path,Role,Is_Noise"))
    assert list(pollution.pollutants) == [1]


@pytest.mark.parametrize(
    ("place", "row", "error", "message"),
    [
        (0, ("nut/test/bent/0.png", "train", 1), DatasetError, "did you mean 'nut/test/bent/00"),
        (0, ("x", "train", 1), DatasetError, r"'x' \(1 of 17 rows of 'split.csv'\)"),
        (0, ("nut/test/bent/000.png", "trial", 1), UnknownNameError, "train"),
        (0, ("nut/test/bent/000.png", "train", "maybe"), ParameterError, "'maybe'"),
        (0, ("nut/test/bent/000.png", "train", 0), ParameterError, "label is 1"),
        (7, ("nut/train/good/007.png", "train", 1), ParameterError, "label is 0"),
        (1, ("nut/test/bent/000.png", "train", 1), SchemaError, "twice"),
        (0, ("", "train", 1), SchemaError, "1 rows have no path"),
    ],
)
def test_a_wrong_row_of_a_split_is_named(samples, tmp_path, place, row, error, message):
    rows = rows_of(samples, {0})
    rows[place] = row
    with pytest.raises(error, match=message):
        pollution_from_table(samples, write(tmp_path, rows))


def test_a_wrong_table_of_a_split_is_refused(samples, tmp_path):
    with pytest.raises(DatasetError, match="there is no table"):
        pollution_from_table(samples, tmp_path / "none.csv")
    with pytest.raises(SchemaError, match=r"lacks \['is_noise'\]"):
        pollution_from_table(samples, write(tmp_path, [("a", "b")], "path,role"))
    rows = rows_of(samples, {0})
    with pytest.raises(ParameterError, match="0 and 6"):
        pollution_from_table(samples, write(tmp_path, [r for r in rows if "train/" not in r[0]]))
    leaky = [*rows, ("nut/train/good/007.png", "test", 0)]
    with pytest.raises(ParameterError, match=r"007\.png' for training and test"):
        pollution_from_table(samples, write(tmp_path, leaky))
    few = [row for row in rows_of(samples, {0, 1, 2, 3}) if row[0] < "nut/train/good/010.png"]
    with pytest.raises(ParameterError, match="4 training images as noise beside 3 good"):
        pollution_from_table(samples, write(tmp_path, few))


def test_a_pollution_of_ones_own_needs_no_table():
    pollution = Pollution(np.arange(10), np.arange(10, 12), np.arange(12, 20))
    assert pollution.training(0.2, 0)[1].sum() == 2
