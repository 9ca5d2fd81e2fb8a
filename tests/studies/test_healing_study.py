"""Removed images come back healed in a study, and cells equal what is healed and fitted by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from study_folders import changed

from anomalylab import detectors, extractors, metrics
from anomalylab.datasets.textures import make_textures
from anomalylab.detectors import RefitPool
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features
from anomalylab.images.masks import read_mask, resize_mask
from anomalylab.images.read import resize
from anomalylab.metrics.cell_truth import polluted_cells
from anomalylab.refine import healing, pixel_healing
from anomalylab.reports import study as parts
from anomalylab.runs.inputs import with_images
from anomalylab.studies.opened import Study
from anomalylab.studies.plan import plan
from anomalylab.studies.run import run
from anomalylab.studies.strategy import without_healing
from anomalylab.studies.toml import read_study
from anomalylab.training.autoencoder import fit as ae_fit

pytestmark = pytest.mark.xdist_group("healing_study")

SIZE = 64
HEALER = "autoencoder@tiny:epochs=3"
SROC = "sroc leave_out=group"

STUDY = f"""
detectors = ["knn:k=2"]
[data]
path = "data"
[features]
size = "{SIZE}x{SIZE}"
[protocol]
share = 0.3
[refinement]
pollution = [0.3]
rejects = [0.0, 0.3]
strategies = [
    "sroc:leave_out=group",
    "sroc:leave_out=group,heal=features",
    "sroc:leave_out=group,heal=pixels",
]
seeds = [1]
[healing]
autoencoder = "{HEALER}"
quantile = 0.9
[metrics]
places = "network"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("healing_study")
    make_textures(
        folder / "data", category="part", n_train=10, n_test_good=3, n_test_defect=6, size=SIZE
    )
    rng = np.random.default_rng(0)
    for path in sorted(folder.glob("data/part/ground_truth/*/*.png")):
        top, left = rng.integers(0, 40, 2)
        where = slice(top, top + 24), slice(left, left + 24)
        draw(path, where, 255)
        image = folder / "data/part/test" / path.parent.name / path.name.replace("_mask", "")
        draw(image, where, (255, 0, 0))
    (folder / "mine.toml").write_text(STUDY, encoding="utf-8")
    return folder


def draw(path, where, colour):
    pixels = np.array(Image.open(path))
    pixels[where] = colour
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def request_(folder):
    return read_study(folder / "mine.toml")


@pytest.fixture(scope="module")
def finished(request_, folder):
    return run(request_, folder / "out")


@pytest.fixture(scope="module")
def material(finished, folder):
    """Samples and features, pixels among them, of the product; made without the study's help."""
    samples = finished.samples
    extraction = extractors.extract(samples, folder / "data", extractors.create("lite0", size=SIZE))
    return samples, with_images(extraction.features, samples, folder / "data", intensity="full")


@pytest.fixture(scope="module")
def rows(finished, material):
    """Rows that are kept, removed and judged, as the study says."""
    scores = finished.table("study_scores")
    own = scores[(scores["strategy"] == SROC) & (scores["reject"] == 0.3)]
    place = {name: row for row, name in enumerate(material[0]["sample_id"])}
    return {
        role: np.array([place[name] for name in own.loc[own["role"] == role, "sample_id"]])
        for role in ("train", "removed", "test")
    }


def values_of(finished, heal="", reject=0.3):
    strategy = f"{SROC} heal={heal}" if heal else SROC
    table = finished.table("study_metrics")
    own = table[(table["strategy"] == strategy) & (table["reject"] == reject)]
    return own.set_index("metric")["value"]


def healed_of(finished, heal):
    table = finished.table("study_healed")
    return table[table["strategy"] == f"{SROC} heal={heal}"]


def by_hand(detector, healed, part, rows, labels):
    """Accept, fit on what is kept and accepted, and measure."""
    is_accepted = healing.accepted(part, healed)
    train = np.append(rows["train"], healed.rows[is_accepted])
    fitted = detector.unfitted().fit(healed.features.subset(train))
    scores = fitted.image_scores(healed.features.subset(rows["test"]))
    return is_accepted, metrics.auroc(labels[rows["test"]], scores)


def test_cells_with_healed_features_equal_healing_by_hand(finished, material, rows):
    samples, features = material
    detector = detectors.create("knn", k=2)
    pool = RefitPool(detector, detector.own_levels(features))
    part = healing.kept_part(pool, rows["train"])
    healed = healing.heal(pool, part, rows["removed"], quantile=0.9)
    accepted, auroc = by_hand(detector, healed, part, rows, samples["label"].to_numpy(int))
    measured, table = values_of(finished, "features"), healed_of(finished, "features")
    assert measured["auroc"] == pytest.approx(auroc, abs=1e-9)
    assert measured["healed_accepted"] == accepted.mean()
    change = healing.change_of_kept(part, quantile=0.9)
    assert measured["healed_change"] == pytest.approx(change.max())
    assert table["is_accepted"].tolist() == accepted.tolist()
    assert table["replaced"].tolist() == pytest.approx(healed.replaced.mean(axis=(1, 2)))
    assert table["healed"].isna().all()


@pytest.fixture(scope="module")
def healed_pixels(material, rows):
    """What an auto-encoder that was trained by hand on the kept images makes of the removed."""
    healer = detectors.create("autoencoder", preset="tiny", epochs=3)
    part = pixel_healing.kept_images(healer, material[1], rows["train"])
    return part, pixel_healing.heal_images(part, material[1], rows["removed"], quantile=0.9)


def test_cells_with_healed_pixels_equal_healing_by_hand(finished, material, rows, healed_pixels):
    samples, features = material
    detector, extractor = detectors.create("knn", k=2), extractors.create("lite0", size=SIZE)
    healer_part, healed = healed_pixels
    level = healed.features.images("pixels")
    pictures = [np.rint(level[row] * 255).astype(np.uint8) for row in healed.rows]
    described = extractor(np.stack([resize(one, (SIZE, SIZE)) for one in pictures]))
    own = detector.own_levels(features)
    joined = Features(
        {name: np.concatenate([own.level(name), described[name]]) for name in own.names},
        healed.features.group_numbers,
    )
    part = healing.kept_part(RefitPool(detector, own), rows["train"])
    healed = replace(healed, features=joined)
    accepted, auroc = by_hand(detector, healed, part, rows, samples["label"].to_numpy(int))
    measured = values_of(finished, "pixels")
    assert healed_of(finished, "pixels")["is_accepted"].tolist() == accepted.tolist()
    assert measured["auroc"] == pytest.approx(auroc, abs=1e-9)
    change = pixel_healing.change_of_kept_images(healer_part, quantile=0.9)
    assert measured["healed_change"] == pytest.approx(np.nanmax(change), abs=1e-3)


def test_energy_is_that_of_the_defect_by_its_mask(finished, material, rows, folder):
    samples, features = material
    detector = detectors.create("knn", k=2)
    pool = RefitPool(detector, detector.own_levels(features))
    part = healing.kept_part(pool, rows["train"])
    healed = healing.heal(pool, part, rows["removed"], quantile=0.9)
    polluted = np.zeros_like(healed.replaced)
    for place, row in enumerate(rows["removed"]):
        path = samples["mask_path"].iloc[row]
        if isinstance(path, str):
            mask = resize_mask(read_mask(folder / "data" / path), (SIZE, SIZE))
            polluted[place] = polluted_cells([mask], polluted.shape[1:])[0]
    assert polluted.any()
    before, after = healing.defect_energy(part, healed, polluted)
    table = healed_of(finished, "features")
    np.testing.assert_allclose(table["energy_before"].to_numpy(float), before)
    np.testing.assert_allclose(table["energy_after"].to_numpy(float), after)
    known = healing.accepted(part, healed) & np.isfinite(before)
    fell = values_of(finished, "features")["healed_energy_fell"]
    np.testing.assert_equal(fell, (after < before)[known].mean() if known.any() else np.nan)


def test_where_nothing_is_removed_nothing_is_healed(finished):
    alone = values_of(finished, reject=0.0)
    for heal in ("features", "pixels"):
        assert values_of(finished, heal, reject=0.0).equals(alone)
    assert set(finished.table("study_healed")["reject"]) == {0.3}


def test_all_members_are_told_of_and_no_healed_copy(finished, rows):
    scores = finished.table("study_scores")
    own = scores[(scores["strategy"] == f"{SROC} heal=features") & (scores["reject"] == 0.3)]
    assert own["role"].value_counts().to_dict() == {k: len(v) for k, v in rows.items()}
    assert finished.table("study_cells")["n_removed"].unique().tolist() == [0, len(rows["removed"])]


def test_a_few_images_have_pictures_of_the_size_of_their_thumbnails(finished, healed_pixels):
    table = healed_of(finished, "pixels")
    pictured = table[table["healed"].notna()]
    assert 1 <= len(pictured) <= 6
    assert pictured["residual"].map(lambda picture: picture[:4]).eq(b"RIFF").all()
    most = healed_pixels[1].replaced.mean(axis=(1, 2)).max()
    assert pictured["replaced"].max() == pytest.approx(most)


def test_the_page_sets_healed_images_beside_removal_and_their_originals(finished):
    found = parts.findings(finished)
    html = parts.healing(found).html
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    alone, healed = values_of(finished), values_of(finished, "features")
    assert f"{healed['auroc']:.3f} removed only {alone['auroc']:.3f}" in text
    assert f"{healed['healed_change']:.3f}" in text
    accepted = f"{healed['healed_accepted']:.0%}".replace("%", " %")
    assert f"heal=features): {accepted} of the healed images pass" in text
    n_pictured = healed_of(finished, "pixels")["healed"].notna().sum()
    assert html.count("<figure>") == 4 * n_pictured
    only = found.study.tables
    cells = {
        name: table[~table["strategy"].str.contains("heal=")]
        for name, table in (("metrics", only.metrics), ("cells", only.cells))
    }
    without = parts.Findings(Study(only._replace(**cells, healed=only.healed[:0])))
    assert "al-nothing" in parts.healing(without).html


def test_a_study_that_was_stopped_while_it_fitted_does_not_train_again(
    request_, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))

    def stopped(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("anomalylab.studies.jobs.measure_healed", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(request_, tmp_path / "out")
    monkeypatch.setattr(ae_fit, "fit", stopped)
    monkeypatch.setattr("anomalylab.studies.jobs.repair", stopped)
    again = run(request_, tmp_path / "out")
    assert (again.table("study_cells")["status"] == "done").all()


def test_what_healing_takes_is_said_beforehand(request_):
    told = plan(request_, 1)
    assert "images come back healed to 2 training sets, which takes two fits each" in told
    alone = replace(request_, refinement=replace(request_.refinement, rejects=(0.0,)))
    assert "healed" not in plan(alone, 1)


def test_the_run_says_how_it_healed(finished):
    told = finished.info.part
    assert told.healing["autoencoder"] == HEALER
    assert told.healing["quantile"] == 0.9
    assert told.detectors["autoencoder@tiny-epochs=3"].params["epochs"] == 3


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("heal=pixels", "heal=pictures", "unknown value of heal 'pictures'"),
        ("heal=pixels", "heal=pixels,replace=true", "replaced, or come back healed"),
        (HEALER, "autoencoder@tiny:residual=ssim", "pixels are healed by the residual l2"),
        (HEALER, "knn", "healed by the detector autoencoder, not by knn"),
        ("knn:k=2", HEALER, "autoencoder looks at images.*heal=pixels"),
        ("quantile = 0.9", "quantile = 1.0", r"quantile in \[healing\]"),
        ("quantile = 0.9", "n_rounds = 0", "n_rounds"),
        ("quantile = 0.9", 'nearest = "there"', "nearest"),
    ],
)
def test_what_cannot_be_healed_is_said_before_anything_is_computed(
    folder, tmp_path, monkeypatch, before, after, message
):
    wrong = changed(STUDY, before, after, folder, tmp_path)
    monkeypatch.setattr("anomalylab.studies.run.embedded", None)
    with pytest.raises((ParameterError, UnknownNameError), match=message):
        run(read_study(wrong), tmp_path / "out")


def test_the_label_of_a_strategy_tells_what_it_heals():
    assert without_healing(f"{SROC} heal=features") == (SROC, "features")
    assert without_healing(SROC) == (SROC, "")
