"""Which images are trained on and which are judged, in each experiment."""

import numpy as np
import pandas as pd
import pytest

from anomalylab.errors import DatasetError
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.lessons import classes, one_defect, twins
from anomalylab.recipes.metric_learning.roles import HELD_OUT, first_defect, roles_of


def samples(rows, category="part"):
    """SAMPLES of (split, label, defect type) or (split, label, defect type, group)."""
    table = pd.DataFrame([(*row, None)[:4] for row in rows])
    table.columns = ["split", "label", "defect_type", "group"]
    ids = [f"{number:02d}.png" for number in range(len(table))]
    table = table.assign(category=category, sample_id=ids, image_path=ids, mask_path=None)
    return table.astype({"label": "Int64", "group": object, "mask_path": object})


def category(rows, name="part"):
    table = samples(rows, name)
    images = np.zeros((len(table), 4, 4, 3), np.uint8) + np.arange(len(table))[:, None, None, None]
    images = images.astype(np.uint8)
    return Category(name, table, "", images, roles_of(table), None, [], [])


TRAIN, GOOD = ("train", 0, "good"), ("test", 0, "good")
CUT, DENT = ("test", 1, "cut"), ("test", 1, "dent")
WHOLE = [TRAIN, TRAIN, TRAIN, GOOD, DENT, CUT, CUT]


def test_a_data_set_with_good_test_images_is_taken_as_it_is():
    roles = roles_of(samples(WHOLE))
    assert roles.train.tolist() == [0, 1, 2]
    assert roles.test.tolist() == [3, 4, 5, 6]
    assert roles.n_held_out == 0


def test_defective_training_images_are_neither_trained_on_nor_judged():
    roles = roles_of(samples([TRAIN, TRAIN, ("train", 1, "cut"), GOOD, CUT]))
    assert roles.train.tolist() == [0, 1]
    assert roles.test.tolist() == [3, 4]


@pytest.mark.parametrize("split", ["train", "unlabelled"])
def test_without_good_test_images_a_third_is_taken_out_of_training(split):
    roles = roles_of(samples([(split, 0, "good")] * 30 + [CUT] * 4))
    assert roles.n_held_out == 30 * HELD_OUT == 10
    assert len(roles.train) == 20
    assert len(roles.test) == 14
    assert not set(roles.train) & set(roles.test)


def test_of_a_folder_of_which_nothing_is_known_two_thirds_are_trained_on():
    table = samples([("unlabelled", None, None)] * 9)
    roles = roles_of(table)
    assert len(roles.train) == 6
    assert sorted([*roles.train, *roles.test]) == list(range(9))
    again = roles_of(table)
    assert again.test.tolist() == roles.test.tolist()


def test_near_copies_are_held_out_together():
    rows = [("train", 0, "good", f"scene {number // 5}") for number in range(30)] + [CUT]
    roles = roles_of(samples(rows))
    groups = np.arange(30) // 5
    assert roles.n_held_out == 10
    assert not set(groups[roles.train]) & set(groups[roles.test[:-1]])


def test_too_few_images_to_train_on_are_refused():
    with pytest.raises(DatasetError, match=r"1 of 3 images of part .* at least 2"):
        roles_of(samples([TRAIN, GOOD, CUT]))


@pytest.mark.parametrize("group", [None, "scene"])
def test_where_nothing_is_left_to_judge_it_is_refused(group):
    n_images = 2 if group is None else 14
    with pytest.raises(DatasetError, match=f"of {n_images} images of part none is left"):
        roles_of(samples([("unlabelled", None, None, group)] * n_images))


def test_twins_learn_from_the_normal_training_images_alone():
    lesson = twins(category(WHOLE))
    assert lesson.labels is None
    assert lesson.images[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert lesson.names == ("normal", "twin")


def test_one_defect_moves_all_images_of_its_first_type_into_training():
    lesson = one_defect(category(WHOLE), None)
    assert lesson.names == ("normal", "cut")
    assert lesson.images[:, 0, 0, 0].tolist() == [0, 1, 2, 5, 6]
    assert lesson.labels.tolist() == [0, 0, 0, 1, 1]
    assert lesson.extra_of("part").tolist() == [5, 6]
    assert one_defect(category(WHOLE), "dent").extra_of("part").tolist() == [4]


def test_one_defect_is_refused_without_defects_or_of_a_type_that_is_not_there():
    with pytest.raises(DatasetError, match="take the experiment twins"):
        one_defect(category([TRAIN, TRAIN, GOOD]), None)
    with pytest.raises(DatasetError, match="no test images of the type 'hole'; it has cut, dent"):
        first_defect(samples(WHOLE), np.arange(3, 7), "hole")


def test_classes_learn_from_the_normal_images_of_all_categories_in_groups_of_their_own():
    lesson = classes([category(WHOLE, "bolt"), category([TRAIN, TRAIN, GOOD], "nut")])
    assert lesson.names == ("bolt", "nut")
    assert lesson.labels.tolist() == [0, 0, 0, 1, 1]
    assert len(set(lesson.groups.tolist())) == 5
    with pytest.raises(DatasetError, match="given one, part; name a folder that holds several"):
        classes([category(WHOLE)])
