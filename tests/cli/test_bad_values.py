"""A value that cannot be used is refused in one line, before anything is computed or written."""

import socket

import numpy as np
import pytest
import tifffile
from fakes import fake_run
from PIL import Image

from anomalylab.cli.main import main

REFUSED = [
    ("run", "give a folder of images"),
    ("run missing", "does not exist"),
    ("run DATA --detector knn:k=abc", "option 'k' of detector 'knn' takes a whole number"),
    ("run DATA --detector knn:k=1.5", "not 1.5"),
    ("run DATA --detector knn:k=true", "not True"),
    ("run DATA --detector knn:k=null", "not None"),
    ("run DATA --detector knn:k=0", "k must be at least 1"),
    ("run DATA --detector knn:squared=3", "takes true or false"),
    ("run DATA --detector patchcore:coreset=nan", "'coreset'"),
    ("run DATA --detector patchcore:coreset=NaN", "finite"),
    ("run DATA --detector patchcore:coreset=2", "coreset is a share"),
    ("run DATA --detector patchcore:coreset=0.0001", "keeps 1 cell (coreset=0.0001)"),
    ("run DATA --detector padim:n_dims=all", "'n_dims'"),
    ("run DATA --size 0", "size"),
    ("run DATA --size 100000", "16 to 8192"),
    ("run DATA --smoothing inf", "smoothing must be 0 to 1000"),
    ("run DATA --smoothing nan", "smoothing"),
    ("run DATA --smoothing 1e9", "smoothing"),
    ("run DATA --smoothing -1", "smoothing"),
    ("run DATA --max-fpr nan", "max_fpr"),
    ("run DATA --seed -1", "seed must be a whole number from 0"),
    ("run DATA --seed 99999999999999999999", "seed"),
    ("run DATA --intensity foo", "intensity"),
    ("run DATA --intensity range:5,1", "intensity"),
    ("run DATA --intensity range:0,inf", "intensity"),
    ("run DATA --plugin PLUGIN", "SystemExit(3)"),
    ("check", "give a folder of images"),
    ("check DATA --intensity foo", "intensity"),
    ("check DATA --size 100000", "16 to 8192"),
    ("check DATA --plugin PLUGIN", "fails while it is imported"),
    ("recipe pc-space DATA --intensity foo", "intensity"),
    ("recipe pc-space DATA --seed -1", "seed"),
    ("recipe pc-space DATA --bins 1", "bins must be 2 or more"),
    ("recipe pc-space DATA --components 0", "n_components"),
    ("recipe pc-space DATA --components 600", "use fewer components or bins"),
    ("recipe pc-space DATA --bins 100000000", "use fewer components or bins"),
    ("recipe pc-space DATA --window 4", "odd"),
    ("recipe pc-space DATA --limit nan", "limit"),
    ("recipe pc-space DATA --C inf", "C must be positive"),
    ("serve detect RUN --port TAKEN", "choose another with --port"),
    ("serve detect RUN --port 99999", "choose another with --port"),
    ("serve detect RUN --port -1", "choose another with --port"),
]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """What the words in capitals stand for."""
    folder, rng = tmp_path_factory.mktemp("bad"), np.random.default_rng(0)
    (folder / "data").mkdir()
    for number in range(6):
        noise = rng.integers(0, 255, (48, 48, 3), np.uint8)
        Image.fromarray(noise).save(folder / "data" / f"{number}.png")
    (folder / "exits.py").write_text("raise SystemExit(3)")
    run = fake_run(folder / "run").folder
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {
            "DATA": folder / "data",
            "PLUGIN": folder / "exits.py",
            "RUN": run,
            "TAKEN": taken.getsockname()[1],
        }


@pytest.mark.parametrize(("words", "told"), REFUSED)
def test_a_bad_value_is_refused_in_a_line(places, words, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([str(places.get(word, word)) for word in words.split()]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"anomalylab {words.split()[0]}: ")
    assert told in line
    assert not list(tmp_path.iterdir())


def test_check_ends_with_1_where_it_prints_an_error(tmp_path, capsys):
    for number in range(3):
        beyond_one = np.full((32, 32), 7.0 + number, np.float32)
        tifffile.imwrite(tmp_path / f"{number}.tif", beyond_one)
    assert main(["check", str(tmp_path)]) == 1
    assert "ERROR" in capsys.readouterr().out.upper()


def test_check_names_an_image_that_holds_nan(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for number in range(4):
        image = rng.random((32, 32), np.float32)
        image[0, 0] = np.nan if number == 2 else 0
        tifffile.imwrite(tmp_path / f"{number}.tif", image)
    assert main(["check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "2.tif" in said
    assert "holds NaN or infinite values" in said
