"""What a cell shows while something is trained in it, and when that fails or is interrupted."""

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from anomalylab.errors import TrainingStopped
from anomalylab.progress import stage
from anomalylab.reports.kit.live_curve import LiveCurve, drawn_live
from anomalylab.training.watching import listener

HISTORY = pd.DataFrame([(1, "train", "loss", 2.0)], columns=["epoch", "part", "measure", "value"])


@pytest.fixture
def shown(monkeypatch):
    shown = []
    monkeypatch.setattr(
        "anomalylab.reports.kit.live_curve.display",
        lambda fragment, display_id: shown.append(fragment.html),
    )
    return shown


@pytest.mark.parametrize("name", ["tiny, latent 8", "tiny, latent 8: train"])
def test_the_curve_says_what_is_trained(shown, name):
    with stage(name):
        LiveCurve().told(HISTORY)
    assert "Training, tiny, latent 8: loss over 1 epoch" in shown[0]


def test_a_curve_outside_all_stages_is_of_a_training(shown):
    LiveCurve().told(HISTORY)
    assert ">Training: loss over 1 epoch" in shown[0]


def test_whatever_is_trained_inside_is_watched_and_an_interrupt_says_how_to_go_on():
    watching = []

    def train():
        with drawn_live():
            watching.append(listener())
            raise KeyboardInterrupt

    with pytest.raises(TrainingStopped, match="run this cell again to go on") as stopped:
        train()
    assert stopped.value.__suppress_context__
    assert isinstance(watching[0], LiveCurve)
    assert listener() is None


def test_a_notebook_shows_an_error_as_its_message_and_others_as_they_are(capsys):
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_cell(
        "from anomalylab.errors import DatasetError\n"
        "def inner():\n    raise DatasetError('no folder')\n"
        "inner()"
    )
    assert capsys.readouterr().out.strip() == "DatasetError: no folder"
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out
