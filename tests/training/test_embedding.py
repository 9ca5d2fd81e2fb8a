"""Networks learn embeddings from twins or labels; distances are read from them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch.nn import functional

from anomalylab import extractors
from anomalylab.errors import ParameterError, TrainingStopped, UnknownNameError
from anomalylab.training import TrainingPlan, losses, watching
from anomalylab.training.embedding import (
    balanced,
    learn,
    nearest_distance,
    stages,
    train_embedding,
)
from anomalylab.training.embedding_net import EmbeddingNet
from anomalylab.training.lessons import Lessons
from anomalylab.training.row_loss import RowLoss, mixed
from anomalylab.training.splits import split

SIZE = 32
FEW = Lessons(augment=False, copies=1)
PLAN = TrainingPlan(epochs=2, batch_size=4, learning_rate=1e-3, device="cpu")


def body():
    return extractors.body("tiny", size=SIZE)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    smooth = rng.normal(120, 6, (8, SIZE, SIZE, 1)) + np.linspace(-20, 20, SIZE)[:, None]
    return np.repeat(smooth, 3, axis=3).clip(0, 255).astype(np.uint8)


def net(**options):
    return EmbeddingNet(body(), **options)


def trained(images, *, labels=None, plan=PLAN, lessons=FEW, key=None, **options):
    return train_embedding(
        images,
        labels,
        np.arange(len(images)),
        body=body(),
        plan=plan,
        key=key or {},
        lessons=lessons,
        **options,
    )


def same(one, other):
    a, b = one.state_dict(), other.state_dict()
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


def test_the_embedding_is_the_hidden_layer_of_512_and_no_image_depends_on_others(images):
    network = net().eval()
    embedded = network.embed(images)
    assert embedded.shape == (8, 512)
    assert embedded.dtype == np.float32
    np.testing.assert_allclose(network.embed(images[3:4]), embedded[3:4], rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        maps = network.upper(network.body.lower(torch.from_numpy(images)))
        # max and mean over cells, batch normalisation with mean 0 and variance 1 at first
        pooled = torch.cat([maps.mean((1, 2)), maps.amax((1, 2))], 1) / (1 + 1e-5) ** 0.5
        hidden = functional.relu(network.head.layers[2](pooled)) / (1 + 1e-5) ** 0.5
    np.testing.assert_allclose(embedded, hidden.numpy(), rtol=1e-4, atol=1e-5)


def test_what_stays_frozen_is_not_part_of_what_is_saved():
    network = net()
    names = {name.partition(".")[0] for name in network.state_dict()}
    assert names == {"upper", "head", "loss"}


@pytest.mark.parametrize("loss", losses.NAMES)
def test_one_batch_is_learnt_by_heart(images, loss):
    plan = replace(PLAN, epochs=80, batch_size=8, validation=0.0, learning_rate=1e-2)
    lessons = replace(FEW, mixup=0.0)
    network = trained(images, plan=plan, lessons=lessons, loss=loss)
    history = network.history[network.history["measure"] == "loss"]["value"]
    assert history.iloc[-1] < history.iloc[0] / 2
    rows = np.arange(8)
    left = RowLoss(network, images, None, rows, lessons, seed=0)
    maps = torch.from_numpy(left.versions.maps(rows, np.random.default_rng(0)))
    with torch.inference_mode():
        told = network.loss.logits(network.hidden(maps)).argmax(dim=1).numpy()
    np.testing.assert_array_equal(told, np.repeat([0, 1], 8))


def test_twins_are_further_from_the_nearest_image_than_images_are_after_learning(images):
    plan = replace(PLAN, epochs=40, batch_size=8, validation=0.0, learning_rate=3e-3)
    network = trained(images, plan=plan)
    defective = images.copy()
    defective[:, 10:14, 4:28] = 255
    far, _ = nearest_distance(network.embed(defective), network.embed(images))
    embedded = network.embed(images)
    near = [nearest_distance(embedded[[i]], np.delete(embedded, i, 0))[0][0] for i in range(8)]
    assert far.min() > 2 * np.max(near)


def test_an_image_and_its_twin_never_stand_on_both_sides_of_the_split(images, monkeypatch):
    seen = {True: set(), False: set()}
    whole = RowLoss.__call__

    def spy(self, rows, rng, is_training):
        seen[is_training] |= {images[row].tobytes() for row in self.rows[rows]}
        return whole(self, rows, rng, is_training)

    monkeypatch.setattr(RowLoss, "__call__", spy)
    groups = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    plan = replace(PLAN, epochs=1, validation=0.3, seed=5)
    network = net()
    learn(network, images, None, groups, plan=plan, key={"test": "split"}, lessons=FEW)
    training, validation = split(groups, 0.3, 5)
    assert seen[True] == {images[row].tobytes() for row in training}
    assert seen[False] == {images[row].tobytes() for row in validation}
    assert not set(groups[training]) & set(groups[validation])


def test_repeated_images_stay_on_their_side_of_the_split(images, monkeypatch):
    seen = {True: set(), False: set()}
    whole = RowLoss.__call__

    def spy(self, rows, rng, is_training):
        seen[is_training] |= set(self.rows[rows].tolist())
        return whole(self, rows, rng, is_training)

    monkeypatch.setattr(RowLoss, "__call__", spy)
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    trained(images, labels=labels, plan=replace(PLAN, epochs=1, validation=0.4, seed=1))
    assert seen[False]
    assert not seen[True] & seen[False]


def test_rare_classes_are_repeated_until_all_are_of_one_size():
    labels = np.array([0, 0, 0, 0, 0, 1, 2, 2])
    rows = balanced(labels, seed=0)
    assert np.bincount(labels[rows]).tolist() == [5, 5, 5]
    counts = np.bincount(rows, minlength=8)
    assert counts.tolist()[:6] == [1, 1, 1, 1, 1, 5]
    assert sorted(counts[6:]) == [2, 3]
    np.testing.assert_array_equal(rows, balanced(labels, seed=0))


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [1, 1, 2, 2], [0, 2, 2, 0]])
def test_labels_of_one_class_or_with_a_gap_are_refused(images, labels):
    with pytest.raises(ParameterError, match="at least 2 classes"):
        trained(images[:4], labels=np.array(labels))


def test_classes_of_labels_are_learnt_apart(images):
    labels = np.array([0, 1] * 4)
    told = images.copy()
    told[labels == 1, :8] = 250
    plan = replace(PLAN, epochs=25, batch_size=8, validation=0.0, learning_rate=3e-3)
    network = trained(told, labels=labels, plan=plan)
    np.testing.assert_array_equal(network.logits(told).argmax(axis=1), labels)


def test_training_stops_and_goes_on_to_the_same_weights(images):
    class OneEpoch:
        n_told = 0

        def told(self, history):
            self.n_told += 1

        def wants_to_stop(self):
            return self.n_told >= 1

    with watching(OneEpoch()), pytest.raises(TrainingStopped):
        trained(images, key={"test": "stopped"})
    resumed = trained(images, key={"test": "stopped"})
    whole = trained(images, key={"test": "never stopped"})
    assert same(resumed, whole)
    assert resumed.history.equals(whole.history)


def test_stages_follow_each_other_and_the_first_leaves_the_body_alone(images):
    lessons = replace(FEW, head_epochs=2, rounds=2)
    network = trained(images, lessons=lessons, plan=replace(PLAN, epochs=1))
    assert network.history["epoch"].unique().tolist() == [1, 2, 3, 4]
    (n_first, first), *later = stages(net(), 5, lessons)
    assert n_first == 2
    assert {name.partition(".")[0] for name in first.state_dict()} == {"head", "loss"}
    assert [n for n, _ in later] == [5, 5]


def test_the_body_stays_as_it_is_while_the_head_alone_learns(images, monkeypatch):
    from anomalylab.training import embedding

    network = net()
    monkeypatch.setattr(embedding, "stages", lambda net, n, lessons: stages(net, n, lessons)[:1])
    before = {k: v.clone() for k, v in network.upper.state_dict().items()}
    learn(
        network,
        images,
        None,
        np.arange(8),
        plan=PLAN,
        key={"test": "head"},
        lessons=replace(FEW, head_epochs=1),
    )
    assert all(torch.equal(before[k], v) for k, v in network.upper.state_dict().items())
    assert not torch.equal(network.head.layers[2].weight, net().head.layers[2].weight)


def test_two_images_are_mixed_row_by_row():
    ours, others = torch.tensor([[[1.0]], [[2.0]]]), torch.tensor([[[5.0]], [[6.0]]])
    found = mixed(ours, others, torch.tensor([0.75, 0.5]))
    torch.testing.assert_close(found, torch.tensor([[[2.0]], [[4.0]]]))


@pytest.mark.parametrize("loss", losses.NAMES)
def test_images_are_mixed_for_the_losses_without_a_margin_alone(images, loss, monkeypatch):
    called = []
    whole = RowLoss._mixed
    monkeypatch.setattr(
        RowLoss, "_mixed", lambda self, *given: called.append(1) or whole(self, *given)
    )
    loss_of = RowLoss(net(loss=loss), images, None, np.arange(8), FEW, seed=0)
    loss_of(np.arange(4), np.random.default_rng(0), True)
    loss_of(np.arange(4), np.random.default_rng(0), False)
    assert len(called) == (loss in ("conventional", "l2_constrained"))


def test_the_loss_of_mixed_images_is_that_of_their_shares_of_classes(images, monkeypatch):
    loss_of = RowLoss(net(loss="conventional").eval(), images, None, np.arange(8), FEW, seed=0)
    rows = np.arange(2)

    class Half:
        def integers(self, low, high, size):
            return np.full(size, low)

        def beta(self, a, b, size):
            return np.full(size, 0.25)

        def permutation(self, n):
            return np.arange(n)[::-1].copy()

    found, _ = loss_of(rows, Half(), True)
    maps = torch.from_numpy(loss_of.versions.maps(rows, Half()))
    logits = loss_of.net.loss.logits(loss_of.net.hidden(0.75 * maps + 0.25 * maps.flip(0)))
    log_shares = functional.log_softmax(logits, dim=1)
    truth = torch.tensor([0, 0, 1, 1])
    expected = -(0.75 * log_shares[range(4), truth] + 0.25 * log_shares[range(4), 1 - truth])
    torch.testing.assert_close(found, expected.mean())


@pytest.mark.parametrize("loss", ["arcface", "cosface", "sphereface"])
def test_as_published_validation_takes_the_margin_of_one_class_for_all(images, loss):
    for labels, first in [(None, 1), (np.array([0, 1] * 4), 0)]:
        network = net(loss=loss, as_published=True).eval()
        loss_of = RowLoss(network, images, labels, np.arange(8), FEW, seed=0)
        rows = np.arange(8)
        found, _ = loss_of(rows, np.random.default_rng(0), False)
        hidden = network.hidden(torch.from_numpy(loss_of.versions.maps(rows)))
        truth = torch.from_numpy(np.repeat([0, 1], 8) if labels is None else labels)
        expected = functional.cross_entropy(
            network.loss.logits_for(hidden, torch.full_like(truth, first)), truth
        )
        torch.testing.assert_close(found, expected)
        network.loss.as_published = False
        right, _ = loss_of(rows, np.random.default_rng(0), False)
        torch.testing.assert_close(right, network.loss(hidden, truth))
        assert abs(float(right.detach() - found.detach())) > 1e-3


def test_as_published_an_l2_constrained_embedding_is_two_logits(images):
    network = net(loss="l2_constrained", as_published=True).eval()
    embedded = network.embed(images)
    assert embedded.shape == (8, 2)
    z = embedded
    np.testing.assert_allclose(network.logits(images), 16 * z / np.sqrt((z**2).sum()), rtol=1e-4)


def test_where_a_device_computes_in_few_digits_the_loss_keeps_all_of_them(images):
    loss_of = RowLoss(net().eval(), images, None, np.arange(8), FEW, seed=0)
    exact, _ = loss_of(np.arange(8), np.random.default_rng(0), False)
    with torch.autocast("cpu", torch.bfloat16):
        hidden = loss_of.net.hidden(torch.from_numpy(loss_of.versions.maps(np.arange(8))))
        found, _ = loss_of(np.arange(8), np.random.default_rng(0), False)
    assert hidden.dtype == torch.bfloat16
    labels = torch.from_numpy(np.repeat([0, 1], 8))
    torch.testing.assert_close(found, loss_of.net.loss(hidden.float(), labels))
    assert found.dtype == exact.dtype == torch.float32


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_distances_to_the_nearest_are_those_of_scikit_learn(rng, distance):
    normal, queries = rng.normal(size=(30, 8)), rng.normal(size=(12, 8))
    found, row = nearest_distance(queries.astype("float32"), normal.astype("float32"), distance)
    expected = NearestNeighbors(n_neighbors=1, metric=distance, algorithm="brute").fit(normal)
    distances, rows = expected.kneighbors(queries)
    np.testing.assert_allclose(found, distances[:, 0], rtol=1e-5)
    np.testing.assert_array_equal(row, rows[:, 0])


def test_an_image_is_at_distance_nothing_of_itself_and_a_zero_embedding_of_none(rng):
    normal = rng.normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(nearest_distance(3 * normal, normal)[0], 0, atol=1e-12)
    assert nearest_distance(np.zeros((1, 4)), normal)[0] == pytest.approx(0.5)
    with pytest.raises(UnknownNameError, match="did you mean 'cosine'"):
        nearest_distance(normal, normal, "cosin")


def test_heat_has_a_cell_for_each_of_the_last_map_and_none_at_the_image_itself(images):
    network = net().eval()
    embedded = network.embed(images)
    heat = network.heat(images[:3], nearest=embedded[[3, 4, 5]])
    assert heat.shape == (3, 2, 2)
    assert (heat >= 0).all()
    assert heat.max() > 0
    itself = network.heat(images[:3], nearest=embedded[:3])
    assert itself.max() < 1e-3 * heat.max()
    assert network.heat(images[:3], of="logit").shape == (3, 2, 2)
    with pytest.raises(UnknownNameError):
        network.heat(images[:3], of="loss")
    with pytest.raises(ParameterError, match="nearest"):
        network.heat(images[:3])


def test_unknown_losses_and_options_are_refused():
    with pytest.raises(UnknownNameError, match="arcface"):
        net(loss="arcfce")
    with pytest.raises(UnknownNameError, match="margin"):
        net(loss="center", margin=0.3)
