"""Losses against angles worked out by hand, and against a library where it has the loss."""

import inspect
import math

import numpy as np
import pytest
import torch
from pytorch_metric_learning import losses as others
from torch.nn import functional

from anomalylab.errors import ParameterError
from anomalylab.training import losses

COSINE = ["arcface", "cosface", "sphereface"]


def at(degrees, length=1.0):
    """One embedding on a plane, so many degrees from the vector of class 0."""
    angle = math.radians(degrees)
    return torch.tensor([[length * math.cos(angle), length * math.sin(angle)]])


def plane(name, **options):
    """A loss of two classes on a plane: class 0 looks along x, class 1 along y."""
    loss = losses.registry.create(name, n_features=2, n_classes=2, **options)
    with torch.no_grad():
        loss.weight.copy_(torch.tensor([[2.0, 0], [0, 0.5]]))  # their lengths do not matter
    return loss


def batch(n_rows=40, n_features=8, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    rows = torch.tensor(rng.normal(size=(n_rows, n_features)), dtype=torch.float32)
    return rows, torch.tensor(rng.integers(0, n_classes, n_rows))


def test_the_names_and_options_known_without_torch_are_those_of_the_package():
    own = [n for n in losses.registry if losses.registry.get(n).__module__.startswith("anomalylab")]
    assert sorted(losses.NAMES) == own
    for name in own:
        options = set(inspect.signature(losses.registry.get(name)).parameters)
        assert options == {"n_features", "n_classes", "as_published", *losses.OPTIONS[name]}


@pytest.mark.parametrize(
    ("name", "options", "degrees", "expected"),
    [
        # 30 cos(30 deg + 0.5 rad) = 30 cos(58.65 deg)
        ("arcface", {}, 30, 30 * math.cos(math.radians(30) + 0.5)),
        # 170 deg > 180 - 28.65 deg, where cos(theta + m) would rise again: cos(170) - 0.5 sin(0.5)
        ("arcface", {}, 170, 30 * (math.cos(math.radians(170)) - 0.5 * math.sin(0.5))),
        ("cosface", {}, 60, 30 * (0.5 - 0.4)),
        ("cosface", {"scale": 10.0, "margin": 0.2}, 120, 10 * (-0.5 - 0.2)),
        # 4 * 30 = 120 deg, k = 0: cos(120) = -1/2
        ("sphereface", {"ease": (0, 0)}, 30, -0.5),
        # 4 * 60 = 240 deg, k = 1: -cos(240) - 2 = 1/2 - 2
        ("sphereface", {"ease": (0, 0)}, 60, -1.5),
        # 4 * 100 = 400 deg, k = 2: cos(400) - 4
        ("sphereface", {"ease": (0, 0)}, 100, math.cos(math.radians(40)) - 4),
        ("sphereface", {"ease": (0, 0)}, 180, -7.0),  # 1 - 2 m, the end
        # l = 5 where nothing is learnt: (-1/2 + 5 cos 30) / 6
        ("sphereface", {}, 30, (-0.5 + 5 * math.cos(math.radians(30))) / 6),
    ],
)
def test_the_logit_of_the_label_is_that_of_its_angle(name, options, degrees, expected):
    loss = plane(name, **options).eval()
    logits = loss.logits_for(at(degrees), torch.tensor([0]))[0].detach()
    other = logits[1] / (30 if name == "arcface" else options.get("scale", 30.0))
    assert float(logits[0]) == pytest.approx(expected, abs=1e-4)
    if name != "sphereface":
        assert float(other) == pytest.approx(math.sin(math.radians(degrees)), abs=1e-5)


def test_sphereface_scales_with_the_norm_of_the_embedding():
    loss = plane("sphereface", ease=(0, 0)).eval()
    logits = loss.logits_for(at(30, length=3.0), torch.tensor([0]))
    torch.testing.assert_close(logits, torch.tensor([[-1.5, 1.5]]))


@pytest.mark.parametrize("name", COSINE)
def test_more_angle_to_the_own_class_is_never_a_higher_logit(name):
    loss = plane(name).eval()
    labels = torch.tensor([0])
    found = [float(loss.logits_for(at(a), labels)[0, 0].detach()) for a in range(181)]
    assert (np.diff(found) < 1e-4).all()


@pytest.mark.parametrize(("name", "none"), [("arcface", 0.0), ("cosface", 0.0), ("sphereface", 1)])
def test_without_a_margin_it_is_the_softmax_of_scaled_cosines(name, none):
    rows, labels = batch()
    loss = losses.registry.create(name, n_features=8, n_classes=3, margin=none)
    scale = rows.norm(dim=1, keepdim=True) if name == "sphereface" else 30
    cosines = functional.normalize(rows) @ functional.normalize(loss.weight).T
    torch.testing.assert_close(
        loss(rows, labels), functional.cross_entropy(scale * cosines, labels)
    )


@pytest.mark.parametrize("name", COSINE)
def test_a_margin_makes_the_loss_higher(name):
    rows, labels = batch()
    loss = losses.registry.create(name, n_features=8, n_classes=3)
    without = functional.cross_entropy(loss.logits(rows), labels)
    assert loss(rows, labels) > without


@pytest.mark.parametrize(
    ("name", "options", "make"),
    [
        ("arcface", {}, lambda: others.ArcFaceLoss(3, 8, margin=math.degrees(0.5), scale=30)),
        (
            "arcface",
            {"margin": 1.2},
            lambda: others.ArcFaceLoss(3, 8, margin=math.degrees(1.2), scale=30),
        ),
        ("cosface", {}, lambda: others.CosFaceLoss(3, 8, margin=0.4, scale=30)),
        ("sphereface", {"ease": (0, 0)}, lambda: others.SphereFaceLoss(3, 8, margin=4)),
        (
            "sphereface",
            {"ease": (0, 0), "margin": 3},
            lambda: others.SphereFaceLoss(3, 8, margin=3),
        ),
        (
            "arcface",
            {"margin": 0.0},
            lambda: others.NormalizedSoftmaxLoss(3, 8, temperature=1 / 30),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:__array_wrap__")  # the library's
def test_losses_and_gradients_equal_those_of_pytorch_metric_learning(name, options, make):
    rows, labels = batch()
    loss, other = losses.registry.create(name, n_features=8, n_classes=3, **options), make()
    with torch.no_grad():
        other.W.copy_(loss.weight.T)
    ours, theirs = rows.clone().requires_grad_(), rows.clone().requires_grad_()
    if isinstance(other, others.NormalizedSoftmaxLoss):
        found, expected = loss(ours, labels), other(functional.normalize(theirs), labels)
    else:
        found, expected = loss(ours, labels), other(theirs, labels)
    torch.testing.assert_close(found, expected)
    found.backward(), expected.backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(loss.weight.grad, other.W.grad.T, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", losses.NAMES)
def test_slopes_are_finite_at_the_vector_of_the_class_and_opposite_to_it(name):
    loss = losses.registry.create(name, n_features=2, n_classes=2)
    rows = torch.cat([at(0), at(180), at(90), 0 * at(0)]).requires_grad_()
    if name in COSINE:
        with torch.no_grad():
            loss.weight.copy_(torch.eye(2))
    loss(rows, torch.tensor([0, 0, 0, 0])).backward()
    assert torch.isfinite(rows.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in loss.parameters())


def test_the_ease_of_sphereface_falls_with_steps_of_training_alone():
    loss = plane("sphereface")
    labels = torch.tensor([0])
    psi, cosine = -0.5, math.cos(math.radians(30))
    for step in (1, 2):
        loss(at(30), labels)
        ease = 1000 / (1 + 0.12 * step)
        found = float(loss.logits_for(at(30), labels)[0, 0].detach())
        assert found == pytest.approx((psi + ease * cosine) / (1 + ease), abs=1e-5)
    loss.eval()(at(30), labels)
    assert int(loss.n_steps) == 2
    loss.n_steps.fill_(10**6)  # by then it would be below 5
    found = float(loss.train().logits_for(at(30), labels)[0, 0].detach())
    assert found == pytest.approx((psi + 5 * cosine) / 6, abs=1e-5)


def test_as_published_steps_of_validation_count_for_sphereface():
    loss = plane("sphereface", as_published=True).eval()
    loss(at(30), torch.tensor([0]))
    assert int(loss.n_steps) == 1


def test_each_l2_constrained_embedding_has_the_norm_alpha():
    rows, labels = batch()
    loss = losses.registry.create("l2_constrained", n_features=8, n_classes=3)
    torch.testing.assert_close(loss.constrained(rows).norm(dim=1), torch.full((40,), 16.0))
    torch.testing.assert_close(loss(rows, labels), loss(5 * rows, labels))
    expected = functional.cross_entropy(loss.classifier(16 * functional.normalize(rows)), labels)
    torch.testing.assert_close(loss(rows, labels), expected)


def test_as_published_the_l2_layer_scales_a_batch_as_a_whole():
    rows, _ = batch()
    loss = losses.registry.create("l2_constrained", n_features=8, n_classes=3, as_published=True)
    z = loss.classifier(rows)
    torch.testing.assert_close(loss.logits(rows), 16 * z / (z**2).sum().sqrt())
    # So the scale of one image depends on what else is in the batch, and falls with its size.
    assert loss.logits(rows)[:1].norm() < 0.5 * loss.logits(rows[:1]).norm()
    assert loss.embedding(rows).shape == (40, 3)


def test_the_center_loss_by_hand():
    loss = losses.registry.create("center", n_features=2, n_classes=2, weight=0.5)
    loss.centres.copy_(torch.tensor([[1.0, 0], [0, 0]]))
    rows, labels = torch.tensor([[3.0, 0], [1, 2], [0, 1]]), torch.tensor([0, 0, 1])
    # Squared distances to the own centres: 4, 4, 1; their mean is 3, times 0.5 / 2.
    expected = functional.cross_entropy(loss.classifier(rows), labels) + 0.75
    torch.testing.assert_close(loss(rows, labels), expected)
    # Centre 0 moves by half of ((2, 0) + (0, 2)) / (1 + 2), centre 1 by half of (0, 1) / (1 + 1).
    torch.testing.assert_close(loss.centres, torch.tensor([[4 / 3, 1 / 3], [0, 0.25]]))
    before = loss.centres.clone()
    loss.eval()(rows, labels)
    torch.testing.assert_close(loss.centres, before)


def test_as_published_the_center_loss_is_of_the_logits():
    rows, labels = batch()
    loss = losses.registry.create("center", n_features=8, n_classes=3, as_published=True)
    z = loss.classifier(rows)
    expected = functional.cross_entropy(z, labels) + (z**2).sum(dim=1).mean() / 8  # centres are 0
    torch.testing.assert_close(loss(rows, labels), expected)


@pytest.mark.parametrize("name", losses.NAMES)
def test_a_loss_draws_classes_apart(name):
    rows, labels = batch(n_rows=12)
    loss = losses.registry.create(name, n_features=8, n_classes=3)
    rows.requires_grad_()
    optimizer = torch.optim.Adam([rows, *loss.parameters()], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss(rows, labels).backward()
        optimizer.step()
    assert (loss.logits(rows).argmax(dim=1) == labels).all()
    assert loss.embedding(rows) is rows


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("arcface", {"n_classes": 1}),
        ("arcface", {"margin": -0.1}),
        ("arcface", {"margin": math.pi}),
        ("arcface", {"scale": 0.0}),
        ("cosface", {"margin": 2.0}),
        ("sphereface", {"margin": 0}),
        ("sphereface", {"margin": 1.5}),
        ("l2_constrained", {"scale": -1.0}),
        ("center", {"weight": -1.0}),
    ],
)
def test_impossible_options_are_refused(name, options):
    with pytest.raises(ParameterError):
        losses.registry.create(name, **{"n_features": 2, "n_classes": 2, **options})
