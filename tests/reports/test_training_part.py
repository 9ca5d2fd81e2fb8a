"""How a trained detector learnt, as a page of an ordinary run tells it."""

import re
from types import SimpleNamespace

import pandas as pd

from anomalylab.reports.parts.training import training
from anomalylab.runs.course import TrainingInfo

LABEL = "cutpaste:<b>mine</b>"


def run_of(told, has_held_out=True):
    parts = ["train", "validation"] if has_held_out else ["train"]
    rows = [
        (LABEL, epoch, part, measure, value / epoch + 0.1 * (part == "validation"))
        for epoch in range(1, 6)
        for part in parts
        for measure, value in (("loss", 2.0), ("accuracy", 0.5))
    ]
    columns = ["detector", "epoch", "part", "measure", "value"]
    infos = {"knn": SimpleNamespace(training=None), LABEL: SimpleNamespace(training=told)}
    return SimpleNamespace(
        detectors=list(infos),
        detect=SimpleNamespace(detectors=infos),
        table=lambda name: pd.DataFrame(rows if told else [], columns=columns),
    )


TOLD = TrainingInfo(
    device="cpu",
    weights="lite0, RANDOM weights <seed 0>",
    weights_digest="abc",
    epochs=5,
    best_epoch=4,
    n_trainings=4,
)


def test_epochs_device_and_what_it_began_from_stand_beside_the_curve():
    html = training(run_of(TOLD)).html
    assert "5, of which the weights of epoch 4 were kept" in html
    assert "4 trainings, all told" in html
    assert "lite0, RANDOM weights &lt;seed 0&gt;" in html
    assert "<b>mine" not in html
    assert "learnt from: 2.00 to 0.400; held out: 2.10 to 0.500" in html
    assert html.count('class="al-curve"') == 2
    assert html.count("al-guide") == 1
    assert "knn" not in html


def test_without_held_out_images_there_is_one_line_and_no_key_of_another():
    html = training(run_of(TOLD, has_held_out=False)).html
    assert html.count('class="al-curve"') == 1
    assert "held out" not in re.sub(r'aria-label="[^"]*"', "", html)


def test_a_run_that_trained_nothing_has_no_such_section():
    assert "al-nothing" in training(run_of(None)).html
