import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from skimage import data
from skimage.transform import resize

from anomalylab import extractors
from anomalylab.errors import ParameterError, UnknownNameError, WeightsError
from anomalylab.storage import cache

LEVELS = {
    "lite0": [f"block{number}" for number in range(1, 8)],
    "resnet18": ["layer1", "layer2", "layer3", "layer4"],
    "dinov2_vits14": ["block6", "block12"],
}
SIZE = (70, 98)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def noise(n_images=3):
    return np.random.default_rng(0).integers(0, 256, (n_images, *SIZE, 3), dtype=np.uint8)


def real():
    return (255 * resize(data.coffee(), SIZE)).astype(np.uint8)[None]


def relative_error(ours, reference):
    """The largest difference as a share of the largest value of the level."""
    return np.abs(ours - reference).max() / np.abs(reference).max()


def without_openvino(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)


def modules_after(code):
    out = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(sorted(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(out.stdout.splitlines()[-1].replace("'", '"')))


@pytest.fixture
def computing_threads():
    """Set the number of threads for a test, and leave it as it was."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("name", LEVELS)
def test_openvino_gives_the_values_of_torch_at_every_level(name, n_threads, computing_threads):
    pytest.importorskip("openvino")
    computing_threads(n_threads)
    params = {"size": SIZE, "levels": LEVELS[name]}
    params |= {} if name == "lite0" else {"weights": "random"}
    ours = extractors.create(name, engine="openvino", **params)
    reference = extractors.create(name, engine="torch", **params)
    for images in (noise(), real()):
        found, expected = ours(images), reference(images)
        assert list(found) == list(expected) == LEVELS[name]
        assert all(relative_error(found[level], expected[level]) < 1e-4 for level in found)


def test_another_image_differs_by_far_more_than_another_engine():
    extractor = extractors.create("lite0", engine="torch", size=SIZE)
    first, second = extractor(noise()), extractor(real())
    assert all(relative_error(first[level][:1], second[level]) > 1e-2 for level in first)


def test_the_engine_is_chosen_by_what_is_installed(monkeypatch):
    pytest.importorskip("openvino")
    assert extractors.create("lite0").engine == "openvino"
    assert extractors.create("lite0", engine="torch").engine == "torch"
    without_openvino(monkeypatch)
    chosen = extractors.create("lite0")
    assert chosen.engine == chosen.describe()["engine"] == "torch"
    assert extractors.engine_words() == "torch (chosen by auto)"


def test_an_openvino_that_cannot_be_loaded_is_not_chosen(monkeypatch):
    openvino = pytest.importorskip("openvino")

    def refuse():
        raise RuntimeError("no such processor")

    monkeypatch.setattr(openvino, "Core", refuse)
    assert extractors.create("lite0").engine == "torch"


def refuse_to_convert(monkeypatch):
    openvino = pytest.importorskip("openvino")

    def refuse(*_, **__):
        raise RuntimeError("\nno rule for aten::roll\nsecond line")

    monkeypatch.setattr(openvino, "convert_model", refuse)


@pytest.fixture
def three_images(tmp_path):
    paths = [f"{number}.png" for number in range(3)]
    for path, image in zip(paths, noise(), strict=True):
        Image.fromarray(image).save(tmp_path / path)
    samples = pd.DataFrame({"sample_id": paths, "image_path": paths})
    return lambda extractor: extractors.extract(samples, tmp_path, extractor, progress=False)


def test_auto_leaves_to_torch_what_openvino_cannot_convert_and_says_so(
    monkeypatch, caplog, three_images
):
    refuse_to_convert(monkeypatch)
    extractor = extractors.create("lite0", size=SIZE)
    found = three_images(extractor)
    assert caplog.messages == [
        "openvino cannot run lite0 (RuntimeError: no rule for aten::roll); torch runs it"
    ]
    assert extractor.engine == extractor.describe()["engine"] == "torch"
    assert extractor.parameters()["engine"] == "torch"
    by_torch = extractors.create("lite0", size=SIZE, engine="torch")
    assert extractor.fingerprint == by_torch.fingerprint
    known = three_images(by_torch)
    assert (found.cost["n_embedded"], known.cost["n_embedded"]) == (3, 0)
    for level in extractor.levels:
        assert np.array_equal(found.features.level(level), known.features.level(level))


def test_openvino_that_is_named_and_cannot_convert_is_refused_in_a_line(monkeypatch, three_images):
    refuse_to_convert(monkeypatch)
    with pytest.raises(ParameterError, match="openvino cannot run lite0") as caught:
        three_images(extractors.create("lite0", size=SIZE, engine="openvino"))
    assert str(caught.value) == (
        "openvino cannot run lite0 (RuntimeError: no rule for aten::roll); "
        "choose the engine auto or torch"
    )


def test_a_network_converted_for_one_image_alone_is_not_used(monkeypatch, caplog):
    openvino = pytest.importorskip("openvino")
    convert = openvino.convert_model

    def convert_for_one(traced, input):
        return convert(traced, input=([1, *SIZE, 3], openvino.Type.u8))

    monkeypatch.setattr(openvino, "convert_model", convert_for_one)
    extractor = extractors.create("lite0", size=SIZE)
    extractor.prepare()
    assert extractor.engine == "torch"
    assert len(caplog.messages) == 1


def test_openvino_that_is_not_installed_is_named_before_anything_is_done(monkeypatch):
    without_openvino(monkeypatch)
    with pytest.raises(ParameterError, match=r"anomalylab-vision\[fast\]") as caught:
        extractors.create("lite0", engine="openvino")
    assert "\n" not in str(caught.value)


def test_an_unknown_engine_comes_with_the_nearest():
    with pytest.raises(UnknownNameError, match="torch"):
        extractors.create("lite0", engine="torhc")


def test_the_engine_is_part_of_the_key_of_features():
    pytest.importorskip("openvino")
    ours, other = (extractors.create("lite0", engine=name) for name in ("openvino", "torch"))
    assert ours.fingerprint != other.fingerprint
    assert ours.fingerprint_with("torch") == other.fingerprint


def test_a_network_is_made_again_whatever_engine_ran_it(monkeypatch):
    pytest.importorskip("openvino")
    made = extractors.create("lite0", engine="openvino")
    parameters = made.parameters()
    again = extractors.create_again("lite0", parameters, made.fingerprint)
    assert again.engine == "openvino"
    other = extractors.create_again("lite0", parameters, made.fingerprint, engine="torch")
    assert other.engine == "torch"
    without_openvino(monkeypatch)
    assert extractors.create_again("lite0", parameters, made.fingerprint).engine == "torch"
    with pytest.raises(WeightsError, match="not the network"):
        extractors.create_again("lite0", parameters | {"weights": "random"}, made.fingerprint)


def test_a_kept_network_needs_neither_torch_nor_timm_and_gives_the_same():
    pytest.importorskip("openvino")
    first = extractors.create("lite0", engine="openvino", size=SIZE)(noise())
    again = extractors.create("lite0", engine="openvino", size=SIZE)(noise())
    assert all(np.array_equal(first[level], again[level]) for level in first)
    code = (
        "import numpy as np; from anomalylab import extractors\n"
        f"e = extractors.create('lite0', engine='openvino', size={SIZE}); e.shapes\n"
        f"e(np.zeros((1, *{SIZE}, 3), np.uint8))"
    )
    assert not {"torch", "timm", "torchvision"} & modules_after(code)


def test_shapes_are_kept_so_that_planning_loads_no_network():
    for size in (SIZE, 64):
        extractors.create("lite0", size=size).shapes()
    known = extractors.create("lite0", size=SIZE)
    code = f"from anomalylab import extractors; e = extractors.create('lite0', size={SIZE})\n"
    code += f"assert e.shapes() == {known.shapes()} and e.flops() == {known.flops()}"
    assert not {"torch", "timm", "torchvision"} & modules_after(code)


@pytest.mark.parametrize("name", ["network.bin", "network.xml"])
def test_a_damaged_network_is_noticed_and_made_again(own_cache, name, caplog):
    pytest.importorskip("openvino")
    expected = extractors.create("lite0", engine="openvino", size=SIZE)(noise())
    (path,) = (own_cache / cache.FOLDER_OF_NETWORKS).glob(f"*/{name}")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    found = extractors.create("lite0", engine="openvino", size=SIZE)(noise())
    assert "damaged" in caplog.text
    assert all(np.array_equal(found[level], expected[level]) for level in found)
    assert bytes(content) != path.read_bytes()


FIRST_IMAGES_IN_TWO_THREADS = """
import builtins, threading, time
import numpy as np
from anomalylab import extractors

network = extractors.create("lite0", size=(64, 64), engine="openvino")
network.prepare()
plain = builtins.__import__

def slow(name, *args, **kwargs):
    time.sleep(0.3 if name.startswith("numpy") else 0)  # lets the other thread come in between
    return plain(name, *args, **kwargs)

builtins.__import__ = slow
image = np.zeros((1, 64, 64, 3), np.uint8)
threads = [threading.Thread(target=network, args=(image,)) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("done")
"""


def test_the_first_images_of_two_threads_do_not_wait_for_each_other_for_ever():
    pytest.importorskip("openvino")
    extractors.create("lite0", size=(64, 64), engine="openvino").prepare()  # is kept from here on
    call = [sys.executable, "-c", FIRST_IMAGES_IN_TWO_THREADS]
    out = subprocess.run(call, check=True, capture_output=True, text=True, timeout=120)
    assert out.stdout.strip() == "done"
