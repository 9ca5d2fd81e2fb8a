"""The command line says what it does, and refuses in one line."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anomalylab.cli.main import build_parser, main
from anomalylab.cli.options import default_out
from anomalylab.datasets.textures import make_textures
from anomalylab.runs.folder import Run


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "textures"
    make_textures(folder, category="brick", n_train=12, n_test_good=4, n_test_defect=4, size=96)
    return folder / "brick"


def test_check_says_what_each_image_is_for(data, capsys):
    assert main(["check", str(data)]) == 0
    out = capsys.readouterr().out
    assert "train" in out
    assert "MiB" in out


def test_run_prints_the_verdict_and_the_next_step(data, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["run", str(data), "--detector", "knn", "--size", "96", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "4 of 4 defective images are found" in printed
    assert f"anomalylab report {out}" in printed
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["schema_version"] == 2


def test_run_makes_its_page_too_if_asked(data, tmp_path, capsys):
    words = ["run", str(data), "--detector", "knn", "--size", "96", "-o", str(tmp_path / "run")]
    assert main([*words, "--report"]) == 0
    page = tmp_path / "run" / "report.html"
    assert f"Open the page: {page}" in capsys.readouterr().out
    assert Run(tmp_path / "run").verdict in page.read_text(encoding="utf-8")
    assert main([*words, "--report", str(tmp_path / "page.html")]) == 0
    assert f"Open the page: {tmp_path / 'page.html'}" in capsys.readouterr().out
    assert (tmp_path / "page.html").is_file()


def test_data_behind_the_option_report_are_not_taken_for_a_page(data, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["run", "--report", str(data), "-o", str(tmp_path / "run")])
    assert "write it before --report" in capsys.readouterr().err


def test_folders_whose_names_end_alike_have_runs_of_their_own(tmp_path):
    for name in ("2024.11.26", "2024.11.27"):
        (tmp_path / name).mkdir()
        assert default_out(tmp_path / name, "x") == Path("reports", name)
    (tmp_path / "parts.of.today.csv").touch()
    assert default_out(tmp_path / "parts.of.today.csv", "x") == Path("reports/parts.of.today")
    assert default_out(None, "textures") == Path("reports/textures")


def test_a_run_of_other_images_is_refused_unless_it_may_be_replaced(data, tmp_path, capsys):
    make_textures(tmp_path / "other", category="brick", n_train=6, n_test_good=2, size=96, seed=9)
    other, out = str(tmp_path / "other" / "brick"), str(tmp_path / "run")
    knn = ["--detector", "knn", "--size", "96", "-o", out]
    assert main(["run", str(data), *knn]) == 0
    before = (tmp_path / "run" / "run.json").read_bytes()
    for command in (["run", other, *knn], ["recipe", "pc-space", str(data), "-o", out]):
        capsys.readouterr()
        assert main(command) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "holds a detect run of 'brick'" in error
        assert "--replace" in error
        assert (tmp_path / "run" / "run.json").read_bytes() == before
    assert main(["run", other, *knn, "--replace"]) == 0
    assert (tmp_path / "run" / "run.json").read_bytes() != before


def test_an_error_is_one_line_and_exit_code_1(tmp_path, capsys):
    assert main(["run", str(tmp_path / "nowhere"), "-o", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "does not exist" in error


def test_debug_shows_the_traceback(tmp_path, capsys):
    main(["run", str(tmp_path / "nowhere"), "-o", str(tmp_path / "run"), "--debug"])
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_exit_code_130(data, tmp_path, capsys, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("anomalylab.runs.detect.load_samples", stop)
    assert main(["run", str(data), "-o", str(tmp_path / "run")]) == 130
    assert "same command" in capsys.readouterr().err


def test_doctor_names_versions_and_the_cache(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "torch" in out
    assert "clear-cache" in out


def test_a_plugin_adds_a_detector_and_its_hash_is_recorded(data, tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from dataclasses import dataclass\n"
        "from anomalylab.detectors import register\n"
        "from anomalylab.detectors.mahalanobis import Mahalanobis\n"
        "@register('mine')\n"
        "@dataclass(kw_only=True)\n"
        "class Mine(Mahalanobis):\n"
        "    '''The same by another name.'''\n"
    )
    out = tmp_path / "run"
    arguments = ["run", str(data), "--plugin", str(plugin), "--detector", "mine", "--size", "96"]
    assert main([*arguments, "-o", str(out)]) == 0
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert info["plugins"][0]["file"] == "mine.py"
    assert len(info["plugins"][0]["sha256"]) == 64


SHELVES = """
from pathlib import Path
from anomalylab import datasets

@datasets.register(
    "shelves",
    options={"shelf_number": datasets.Option(help="of ten shelves, 10 % each", read=int)},
    fits=lambda root: (root / "shelves.txt").exists(),
    rather_than=["mvtec_ad"],
)
def load(root, *, shelf_number=1):
    assert type(shelf_number) is int
    shelf = root / f"shelf{shelf_number}"
    samples = datasets.load("folder", shelf, normal=".")
    samples.attrs["root"] = str(shelf)
    return samples
"""


def test_a_plugin_adds_a_data_set_with_its_layout_and_its_options(data, tmp_path, capsys):
    (tmp_path / "shelves.py").write_text(SHELVES)
    shutil.copytree(data / "test/good", tmp_path / "images/shelf7")
    (tmp_path / "images/shelves.txt").touch()
    plugin = ["--plugin", str(tmp_path / "shelves.py")]
    assert main(["check", str(tmp_path / "images"), *plugin, "--shelf-number", "7"]) == 1
    told = capsys.readouterr().out
    assert "4  train  normal" in told
    assert "ERROR: all images are for training and none is to be judged" in told
    with pytest.raises(SystemExit):
        main(["run", *plugin, "--help"])
    assert "of ten shelves, 10 % each" in capsys.readouterr().out


def test_a_plugin_that_fails_is_named(tmp_path, capsys):
    (tmp_path / "bad.py").write_text("1 / 0")
    assert main(["check", str(tmp_path), "--plugin", str(tmp_path / "bad.py")]) == 1
    assert "bad.py" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "check", "run", "report", "score", "serve", "doctor"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        build_parser().parse_args([command, "--help"])
    assert exit_.value.code == 0
    assert "usage" in capsys.readouterr().out


def test_a_run_tells_its_engine_and_scores_new_images_with_another(data, tmp_path, monkeypatch):
    pytest.importorskip("openvino")
    run, words = tmp_path / "run", ["--detector", "knn", "--size", "96"]
    assert main(["run", str(data), *words, "--engine", "openvino", "-o", str(run)]) == 0
    made = Run(run)
    assert made.detect.extractor.engine == "openvino"
    assert "--engine openvino" in made.info.command
    found = {}
    for engine, options in (("openvino", []), ("torch", ["--engine", "torch"])):
        out = tmp_path / engine
        assert main(["score", str(run), str(data / "test"), "-o", str(out), *options]) == 0
        assert Run(out).detect.extractor.engine == engine
        found[engine] = pd.read_csv(out / "scores.csv")["score"].to_numpy()
    np.testing.assert_allclose(found["torch"], found["openvino"], rtol=1e-3)


def test_an_old_run_of_torch_still_scores_where_another_engine_is_chosen(data, tmp_path):
    run, out = tmp_path / "run", tmp_path / "scored"
    words = ["--detector", "knn", "--size", "96", "--engine", "torch"]
    assert main(["run", str(data), *words, "-o", str(run)]) == 0
    made = Run(run).detect.extractor
    # as the version before engines could be chosen computed it
    parts = {"version": 1, "architecture": "tf_efficientnet_lite0"}
    parts |= {"weights": made.weights_digest, "mean": [127.0] * 3}
    parts |= {"std": [128.0] * 3, "size": [96, 96], "engine": "torch"}
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    assert made.fingerprint == digest
    assert main(["score", str(run), str(data / "test"), "-o", str(out)]) == 0
    assert Run(out).detect.extractor.engine == "torch"


@pytest.mark.parametrize("command", ["check", "run"])
def test_an_engine_that_is_not_installed_is_refused_in_a_line(
    command, data, tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "openvino", None)
    words = ["-o", str(tmp_path / "run")] if command == "run" else []
    assert main([command, str(data), "--engine", "openvino", *words]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert 'pip install "anomalylab-vision[fast]"' in error
