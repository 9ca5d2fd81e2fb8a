"""The tables of layers: shapes, numbers of parameters, and what sizes fit."""

import numpy as np
import pytest
import torch

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.training.autoencoder.architectures import ARCHITECTURES, architecture
from anomalylab.training.autoencoder.network import AutoEncoder, as_tensor

ENCODER_256 = [(3, 256), (3, 128), (32, 64), (32, 32), (32, 32), (64, 16), (64, 16)]
ENCODER_256 += [(128, 8), (64, 8), (32, 8), (500, 1)]
DECODER = [(32, 8), (64, 8), (128, 8), (64, 16), (64, 16), (32, 32), (32, 32)]

TRACES = {
    "seed": [*ENCODER_256, *DECODER, (32, 64), (3, 128), (3, 256)],
    "bergmann": [(3, 256), (32, 128), *ENCODER_256[2:], *DECODER, (32, 64), (32, 128), (3, 256)],
    "AE128": [(3, 128), *ENCODER_256[2:], *DECODER, (3, 64), (3, 128)],
    "printed": [*ENCODER_256, *DECODER, (3, 64), (3, 128)],
}
"""Channels and side after each row of the two tables, written out by hand."""

SIZES = {"seed": (256, 32), "bergmann": (256, 32), "AE128": (128, 16), "tiny": (64, 8)}
"""Smallest side and the step to larger ones."""

LARGER = {"seed": 288, "AE128": 160, "tiny": 72}


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", TRACES)
def test_each_layer_makes_the_shape_of_the_table(name):
    assert architecture(name).trace() == [(n, side, side) for n, side in TRACES[name]]


@pytest.mark.parametrize("name", ["seed", "bergmann", "AE128", "tiny"])
def test_the_network_makes_the_shapes_that_the_trace_says(name):
    shape = architecture(name)
    network = AutoEncoder(shape)
    seen = []
    for layer in (*network.encoder, *network.decoder):
        if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            layer.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[1:])))
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 3, shape.size, shape.size))
    assert seen == shape.trace()[1:]


@pytest.mark.parametrize(
    ("name", "n_encoder", "n_decoder"),
    [
        ("seed", 1_346_997, 1_345_500),
        # 153 of 3 -> 3 and 1 632 of 3 -> 32 less, 1 632 of 3 -> 32 and 16 480 of 32 -> 32 more;
        # 1 545 of 32 -> 3 and 147 of 3 -> 3 less, 16 480 of 32 -> 32 and 1 539 of 32 -> 3 more
        ("bergmann", 1_363_324, 1_361_827),
        # 153 of 3 -> 3 less; 16 480 of the restored 32 -> 32 less
        ("AE128", 1_346_844, 1_329_020),
    ],
)
def test_networks_have_the_parameters_counted_by_hand(name, n_encoder, n_decoder):
    network = AutoEncoder(architecture(name))
    assert n_parameters(network.encoder) == n_encoder
    assert n_parameters(network.decoder) == n_decoder


@pytest.mark.parametrize("name", ["seed", "bergmann", "AE128", "tiny"])
def test_layers_normalise_and_leak_as_published(name):
    layers = [*AutoEncoder(architecture(name)).modules()]
    norms = [layer for layer in layers if isinstance(layer, torch.nn.BatchNorm2d)]
    leaks = [layer for layer in layers if isinstance(layer, torch.nn.LeakyReLU)]
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-6, 0.1)}
    assert {leak.negative_slope for leak in leaks} == {0.01}
    assert len(norms) == len(leaks) + 1  # the latent is normalised and does not leak


@pytest.mark.parametrize("side", [256, 288, 512, 1024])
def test_the_printed_decoder_is_refused_for_every_size(side):
    printed = architecture("printed")
    assert printed.trace((side, side))[-1] == (3, side // 2, side // 2)
    with pytest.raises(ParameterError, match=rf"makes {side // 2} x {side // 2} .* seed"):
        printed.check_size((side, side))


@pytest.mark.parametrize("name", SIZES)
def test_sizes_that_do_not_fit_are_refused_by_those_that_do(name):
    smallest, step = SIZES[name]
    shape = architecture(name)
    for side in (smallest, smallest + step, smallest + 5 * step):
        shape.check_size((side, smallest))
    for side in (smallest - step, smallest + step // 2, smallest + 1):
        with pytest.raises(ParameterError, match=f"sides of {smallest}, {smallest + step}, "):
            shape.check_size((side, smallest))


@pytest.mark.parametrize("name", LARGER)
def test_larger_images_come_back_in_their_size(name):
    side = LARGER[name]
    network = AutoEncoder(architecture(name)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, side, side)).shape == (1, 3, side, side)


def test_a_latent_larger_than_the_bottleneck_is_refused():
    assert architecture("seed", latent=2048).latent == 2048
    with pytest.raises(ParameterError, match=r"1 to 2048.*not 2049"):
        architecture("seed", latent=2049)
    with pytest.raises(ParameterError, match=r"1 to 512.*not 513"):
        architecture("tiny", latent=513)


def test_the_latent_is_as_wide_as_asked_for():
    network = AutoEncoder(architecture("tiny", latent=7)).eval()
    with torch.inference_mode():
        assert network.encoder(torch.zeros(2, 3, 64, 64)).shape == (2, 7, 1, 1)


def test_images_from_0_to_1_are_the_last_word_unless_it_is_linear():
    far = torch.full((1, 3, 64, 64), 50.0)
    with torch.inference_mode():
        out = AutoEncoder(architecture("tiny")).eval()(far)
    assert out.min() >= 0
    assert out.max() <= 1
    names = [
        type(layer).__name__ for layer in AutoEncoder(architecture("tiny", is_linear=True)).decoder
    ]
    assert set(names) == {"ConvTranspose2d"}


def test_an_unknown_architecture_is_answered_with_those_that_are_known():
    with pytest.raises(UnknownNameError, match="AE128"):
        architecture("AE12")
    assert list(ARCHITECTURES) == ["seed", "bergmann", "AE128", "tiny", "printed"]


@pytest.mark.usefixtures("torch_warns_always")
def test_images_that_may_only_be_read_become_tensors():
    images = np.full((2, 4, 4, 3), 255, np.uint8)
    images.flags.writeable = False
    assert (as_tensor(images) == 1).all()
