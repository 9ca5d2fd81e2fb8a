"""The command that makes a run that scores, in place of one of a recipe."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from anomalylab import detectors
from anomalylab.cli.main import main
from anomalylab.runs.command_words import run_instead
from anomalylab.runs.detector_choice import DetectorChoice
from anomalylab.runs.folder import Run
from anomalylab.runs.kinds import resolve

OLD = Path(__file__).parents[1] / "data"


def described(command, seed=0, intensity="full"):
    dataset = SimpleNamespace(loader="textures", category="brick")
    return SimpleNamespace(
        command=command, seed=seed, intensity=intensity, name="mine", dataset=dataset
    )


def detector_of(command):
    words = shlex.split(command)
    choice = DetectorChoice.parse(words[words.index("--detector") + 1])
    return detectors.create(choice.name, preset=choice.preset, **choice.params)


def test_images_and_settings_are_those_of_the_recipe():
    info = described(
        "anomalylab recipe autoencoder 'my parts' --category a --preset tiny --latents 8 -o x",
        seed=3,
        intensity="0:255",
    )
    made = detectors.create("autoencoder", preset="tiny", size=(64, 96), epochs=7, loss="ssim")
    parameters = {"size": [64, 96], "epochs": 7, "loss": "ssim", "batch_size": made.batch_size}
    command = run_instead(info, "autoencoder", "tiny", parameters, ["--refine"])
    words = shlex.split(command)
    assert words[:5] == ["anomalylab", "run", "my parts", "--category", "a"]
    assert words[7:] == [
        *["--refine", "--seed", "3", "--intensity", "0:255", "-o", "reports/mine_scores"]
    ]
    assert detector_of(command) == made
    assert "batch_size" not in command


def test_built_in_images_are_named():
    info = described("anomalylab recipe autoencoder --preset tiny -o reports/x")
    command = run_instead(info, "autoencoder", "tiny", {})
    assert "run --dataset textures --category brick --detector autoencoder@tiny -o" in command


@pytest.mark.parametrize(("name", "detector"), [("autoencoder", "autoencoder"), ("pni", "pni")])
def test_a_refusal_names_a_command_with_the_detector_of_the_run(name, detector, tmp_path, capsys):
    (path,) = OLD.glob(f"{name}_v*.zip")
    with ZipFile(path) as packed:
        packed.extractall(tmp_path)
    run = Run(next(tmp_path.rglob("run.json")).parent)
    command = resolve(run.kind.instead)(run)
    known = run.info.part.parameters
    made = detector_of(command)
    assert made.name == detector
    for key in ("epochs", "seed"):
        assert getattr(made, key, None) == known.get(key, getattr(made, key, None))
    assert ("--refine" in command) == (getattr(run.info.part, "refine", None) is not None)
    assert main(["score", str(run.folder), str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert command in capsys.readouterr().err
