"""Checkpoints: found again, gone on from after a kill, damaged, or of another training."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import trainings
from trainings import PLAN, net, same, trained

from anomalylab.errors import StorageError, TrainingError
from anomalylab.storage.cache import clear_cache, size_of_cache
from anomalylab.training import TrainingPlan, course, watching
from anomalylab.training.checkpoints import Checkpoint, Checkpoints


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def counted(calls):
    return lambda rows, is_training: calls.append(is_training)


@pytest.mark.parametrize("kill_at", [6])
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path, kill_at):
    killed = subprocess.run(
        [sys.executable, trainings.__file__, str(tmp_path / "killed"), str(kill_at)], check=False
    )
    assert killed.returncode == -9
    calls = []
    resumed, history = trained(watch=counted(calls), checkpoint=tmp_path / "killed")
    whole, expected = trained(checkpoint=tmp_path / "whole")
    assert sum(calls) == 12 - kill_at  # what was done is not done again
    assert same(resumed, whole)
    pd.testing.assert_frame_equal(history, expected)


def test_a_finished_training_is_found_again_and_another_is_not():
    calls = []
    first, history = trained(watch=counted(calls))
    n_calls = len(calls)
    again, found = trained(watch=counted(calls))
    assert len(calls) == n_calls
    assert same(first, again)
    pd.testing.assert_frame_equal(found, history)
    trained(watch=counted(calls), key={"images": "others"})
    trained(watch=counted(calls), modules=net(seed=1))
    assert len(calls) == 3 * n_calls


def test_trainings_count_as_cache_and_go_with_it(own_cache):
    trained()
    assert size_of_cache() > 0
    clear_cache()
    assert not list(own_cache.rglob("*.safetensors"))


def test_a_finished_training_keeps_its_weights_alone(tmp_path):
    trained(checkpoint=tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    n_bytes = sum(4 * tensor.numel() for tensor in net().state_dict().values())
    assert path.stat().st_size < n_bytes + 2000
    assert {p.name for p in tmp_path.iterdir()} == {path.name, "training.json"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": {"body": "lite1"}}, 'key.body is "lite0" there and "lite1" here'),
        ({"key": {"body": "lite0", "images": "b"}}, "key.images is null there"),
        ({"modules": net(width=9)}, "architecture.0.weight is .*8, 3.* there and .*9, 3.* here"),
        ({"modules": net(seed=9)}, "first_weights"),
        ({"plan": TrainingPlan(epochs=4, batch_size=5, learning_rate=0.05)}, "plan.epochs is 3"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused_with_what_differs(tmp_path, options, words):
    trained(key={"body": "lite0"}, checkpoint=tmp_path)
    before = (tmp_path / "training.json").read_bytes()
    with pytest.raises(TrainingError, match=words):
        trained(**{"key": {"body": "lite0"}, **options}, checkpoint=tmp_path)
    assert (tmp_path / "training.json").read_bytes() == before


def damage_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_state(path):
    written = json.loads(path.read_text())
    written["content"]["state"]["epoch"] = 1
    path.write_text(json.dumps(written))


@pytest.mark.parametrize(
    ("pattern", "harm"),
    [
        ("*.safetensors", damage_byte),
        ("*.safetensors", Path.unlink),
        ("training.json", damage_state),
        ("training.json", lambda path: path.write_text("{")),
        ("training.json", lambda path: path.write_text("[]")),
    ],
)
def test_a_damaged_checkpoint_is_told_and_made_again(tmp_path, caplog, pattern, harm):
    first, _ = trained(checkpoint=tmp_path)
    (path,) = tmp_path.glob(pattern)
    harm(path)
    calls = []
    again, _ = trained(watch=counted(calls), checkpoint=tmp_path)
    assert "damaged" in caplog.text
    assert sum(calls) == 12
    assert same(first, again)
    assert trained(watch=counted(calls), checkpoint=tmp_path)
    assert sum(calls) == 12


def test_what_was_there_stays_until_all_of_the_next_is_written(tmp_path, monkeypatch):
    store = Checkpoints({"a": 1}, tmp_path)
    store.write(Checkpoint({"epoch": 1}, {"w": torch.zeros(2)}))
    put = Checkpoints._put

    def full(self, name, content):
        if name == "training.json":
            raise OSError(28, "No space left on device")
        put(self, name, content)

    monkeypatch.setattr(Checkpoints, "_put", full)
    with pytest.raises(StorageError, match="No space left"):
        store.write(Checkpoint({"epoch": 2}, {"w": torch.ones(2)}))
    state, tensors = store.read()
    assert state == {"epoch": 1}
    assert torch.equal(tensors["w"], torch.zeros(2))


def test_a_cache_that_cannot_be_written_is_known_before_the_first_step(tmp_path):
    (tmp_path / "file").touch()
    calls = []
    with pytest.raises(StorageError):
        trained(watch=counted(calls), checkpoint=tmp_path / "file" / "below")
    assert not calls


def test_a_checkpoint_tells_what_is_trained(own_cache):
    trained(key={"body": "lite0"})
    (path,) = own_cache.rglob("training.json")
    record = json.loads(path.read_text())["content"]["record"]
    assert record["key"] == {"body": "lite0"}
    assert record["plan"]["epochs"] == PLAN.epochs
    assert "device" not in record["plan"]  # "auto" and its name are one
    assert record["device"] == "cpu torch.float32"
    assert record["architecture"]["0.weight"] == "torch.float32 [8, 3]"


def test_an_epoch_whose_looks_were_killed_is_looked_at_again(tmp_path, monkeypatch):
    class Looks:
        def __init__(self, kill_at=None):
            self.kill_at, self.epochs = kill_at, []

        def told(self, history):
            epoch = int(history["epoch"].max())
            if epoch == self.kill_at:
                raise KeyboardInterrupt
            self.epochs.append(epoch)

        def wants_to_stop(self):
            return False

    monkeypatch.setattr(course, "WRITE_AFTER", 0.0)
    with pytest.raises(KeyboardInterrupt), watching(Looks(kill_at=2)):
        trained(checkpoint=tmp_path)
    again = Looks()
    with watching(again):
        trained(checkpoint=tmp_path)
    assert again.epochs == [2, 3]
