"""The published table: every F1 worked out again."""

import pytest

from anomalylab.recipes.autoencoder.published import fits, published


def row_of(name):
    table = published()
    return table[(table["defect_type"] == name) | (table["method"] == name)].iloc[0]


@pytest.mark.parametrize(
    ("name", "f1"),
    [
        ("print", 0.347),
        ("crack", 0.357),
        ("cut", 0.741),
        ("hole", 0.578),
        ("AE(SSIM)", 0.148),
        ("AE(L2)", 0.883),
        ("AnoGAN", 0.269),
        ("CNN feature dictionary", 0.130),
    ],
)
def test_f1_is_the_harmonic_mean_of_what_stands_beside_it(name, f1):
    row = row_of(name)
    assert row["f1_recomputed"] == pytest.approx(2 / (1 / row["recall"] + 1 / row["precision"]))
    assert row["f1_recomputed"] == pytest.approx(f1, abs=1e-3)


def test_only_cut_and_hole_are_printed_wrong_and_are_each_others():
    table = published()
    can = [fits(table, row) for row in range(len(table))]
    assert [row for row in range(len(table)) if not can[row][row]] == [2, 3]
    assert can[2][:4].tolist() == [False, False, False, True]
    assert can[3][:4].tolist() == [False, False, True, False]
    assert row_of("cut")["note"] == "F1 is 0.74, printed in the row of hole"
    assert row_of("hole")["note"] == "F1 is 0.58, printed in the row of cut"


def test_rows_of_other_papers_are_shares_of_images_and_say_so():
    table = published()
    assert table["is_comparable"].tolist() == [True] * 4 + [False] * 4
    others = table[~table["is_comparable"]]
    assert others["note"].str.contains("specificity").all()
    assert others["defect_type"].isna().all()
