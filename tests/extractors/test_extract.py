import shutil
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import extractors
from anomalylab.errors import DatasetError, StorageError, UnknownNameError
from anomalylab.extractors import extract
from anomalylab.images import read as images
from anomalylab.storage import cache


@dataclass
class Spy:
    """An extractor that keeps count: one level, the mean colour of each quarter."""

    name = "spy"
    on_demand = False
    batch_size = 4
    fingerprint = "spy"
    levels = ("quarters",)
    size = (8, 8)
    n_seen: int = 0
    fail_after: float = np.inf

    def prepare(self):
        pass

    def shapes(self):
        return {"quarters": (2, 2, 3)}

    def flops(self):
        return 0.0

    def __call__(self, batch):
        self.n_seen += len(batch)
        if self.n_seen > self.fail_after:
            raise RuntimeError("killed")
        cells = batch.reshape(-1, 2, 4, 2, 4, 3).astype(np.float32)
        return {"quarters": cells.mean(axis=(2, 4))}

    def describe(self):
        return {}


def write_images(folder, n_images, seed=0):
    rng = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    for number in range(n_images):
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}-{number:02}.png")


def table(folder):
    names = sorted(path.name for path in folder.iterdir())
    return pd.DataFrame({"sample_id": names, "image_path": names})


@pytest.fixture
def folder(tmp_path):
    write_images(tmp_path / "images", 10)
    return tmp_path / "images"


@pytest.fixture
def run(folder, tmp_path):
    def run(extractor=None, **options):
        options.setdefault("cache", tmp_path / "cache")
        return extract(table(folder), folder, extractor or Spy(), **options)

    return run


def quarters(extraction):
    return extraction.features.level("quarters")


def test_rows_are_those_of_the_table(run, folder):
    result = run()
    for row, name in enumerate(result.samples["image_path"]):
        image = images.read_image(folder / name, size=(8, 8))
        assert np.array_equal(quarters(result)[row], Spy()(image[None])["quarters"][0])
    assert result.cost["n_images"] == result.cost["n_embedded"] == 10
    assert result.broken.empty


def test_cached_features_equal_fresh_ones_to_the_last_bit(run):
    fresh, kept, again = run(cache=False), run(), Spy()
    cached = run(again)
    assert again.n_seen == 0
    assert cached.cost["n_embedded"] == 0
    assert np.array_equal(quarters(fresh), quarters(cached))
    assert np.array_equal(quarters(kept), quarters(cached))


def test_adding_images_embeds_only_those(run, folder):
    run()
    write_images(folder, 3, seed=1)
    spy = Spy()
    result = run(spy)
    assert (spy.n_seen, result.cost["n_embedded"], len(result.features)) == (3, 3, 13)


def test_a_renamed_image_is_still_known_and_a_copy_is_embedded_once(run, folder):
    shutil.copy(folder / "0-00.png", folder / "copy.png")
    spy = Spy()
    result = run(spy)
    assert (spy.n_seen, len(result.features)) == (10, 11)
    assert np.array_equal(quarters(result)[0], quarters(result)[-1])
    (folder / "0-03.png").rename(folder / "renamed.png")
    spy = Spy()
    run(spy)
    assert spy.n_seen == 0


def test_intensity_and_resize_are_part_of_the_key(run):
    run()
    for options in ({"intensity": "range:0,100"}, {"resize": "area"}):
        spy = Spy()
        run(spy, **options)
        assert spy.n_seen == 10


def test_a_broken_image_is_set_aside_with_its_reason(run, folder):
    (folder / "0-04.png").write_bytes(b"")
    (folder / "0-06.png").write_bytes((folder / "0-06.png").read_bytes()[:100])
    (folder / "0-08.png").unlink()
    (folder / "0-08.png").mkdir()
    result = run()
    assert list(result.broken["sample_id"]) == ["0-04.png", "0-06.png", "0-08.png"]
    assert all(result.broken["reason"])
    assert len(result.samples) == len(result.features) == 7
    assert list(result.samples.index) == list(range(7))
    assert len(run().broken) == 3


def test_nothing_readable_is_an_error(run, folder):
    for path in folder.iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(DatasetError, match="none of the 10 images can be read"):
        run()
    with pytest.raises(DatasetError, match="none of the 10 images can be read"):
        run(extractors.create("pixels"))
    with pytest.raises(DatasetError, match="empty"):
        extract(table(folder)[:0], folder, Spy())


def test_an_unknown_resize_method_is_refused(run):
    with pytest.raises(UnknownNameError, match="bilinear"):
        run(resize="bilinera")


def test_an_unwritable_cache_is_refused_before_anything_is_embedded(run, tmp_path):
    (tmp_path / "file").touch()
    spy = Spy()
    with pytest.raises(StorageError, match="ANOMALYLAB_CACHE"):
        run(spy, cache=tmp_path / "file")
    assert spy.n_seen == 0


@pytest.fixture
def of_many(folder):
    """Fill the folder with so many images that features are stored several times on the way."""
    write_images(folder, 130, seed=1)


@pytest.mark.usefixtures("of_many")
def test_a_run_that_failed_goes_on_where_it_was(run):
    with pytest.raises(RuntimeError, match="killed"):
        run(Spy(fail_after=120))
    spy = Spy()
    result = run(spy)
    assert 0 < spy.n_seen < 140
    assert np.array_equal(quarters(result), quarters(run(cache=False)))


def embed_slowly(folder, cache_folder, pause):
    """Run in another process."""
    import time

    import torch

    torch.set_num_threads(1)

    class Slow(Spy):
        def __call__(self, batch):
            time.sleep(pause)
            return super().__call__(batch)

    extract(table(folder), folder, Slow(), cache=cache_folder, progress=False)


def start(*args):
    process = get_context("spawn").Process(target=embed_slowly, args=args)
    process.start()
    return process


@pytest.mark.usefixtures("of_many")
def test_a_killed_process_loses_only_what_it_was_doing(run, folder, tmp_path):
    process = start(folder, tmp_path / "cache", 0.05)
    # When a second shard is begun, the first one is whole.
    while process.is_alive() and len(list((tmp_path / "cache").rglob("index.json"))) < 2:
        process.join(0.01)
    process.kill()
    process.join()
    spy = Spy()
    result = run(spy)
    assert spy.n_seen < 140
    assert np.array_equal(quarters(result), quarters(run(cache=False)))


@pytest.mark.usefixtures("of_many")
def test_two_processes_at_once_do_not_disturb_each_other(run, folder, tmp_path):
    both = [start(folder, tmp_path / "cache", 0.01) for _ in range(2)]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    spy = Spy()
    assert np.array_equal(quarters(run(spy)), quarters(run(cache=False)))
    assert spy.n_seen == 0


def test_threads_do_not_change_the_result_and_torch_gets_its_threads_back(run, monkeypatch):
    import torch

    expected = quarters(run(cache=False))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    given = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    assert np.array_equal(quarters(run(cache=False)), expected)
    assert given == [1, 3]


def test_many_images_come_back_as_memory_maps(run, monkeypatch):
    monkeypatch.setattr("anomalylab.extractors._extract.IN_MEMORY", 100)
    assert isinstance(quarters(run()), np.memmap)
    assert not isinstance(quarters(run(cache=False)), np.memmap)


def test_lite0_is_cached_whatever_levels_were_asked_before(run):
    run(extractors.create("lite0", size=32, levels=["block1", "block2"]))
    one = run(extractors.create("lite0", size=32, levels=["block2"]))
    assert one.cost["n_embedded"] == 0
    more = run(extractors.create("lite0", size=32, levels=["block2", "block3"]))
    assert more.cost["n_embedded"] == 10
    assert np.array_equal(more.features.level("block2"), one.features.level("block2"))
    assert more.cost["network_cpu"] > 0
    assert more.cost["decode_cpu"] > 0


def test_pixels_are_read_when_needed_and_may_differ_in_size(run, folder):
    Image.new("RGB", (5, 3), (255, 0, 0)).save(folder / "wide.png")
    (folder / "0-00.png").write_bytes(b"")
    result = run(extractors.create("pixels"))
    level = result.features.images("pixels")
    assert len(level) == len(result.samples) == 10
    assert level[-1].shape == (3, 5, 3)
    assert np.array_equal(level[-1][0, 0], [1, 0, 0])
    expected = images.read_image(folder / "0-01.png").astype(np.float32) / 255
    assert np.array_equal(level[0], expected)
    assert np.array_equal(result.features.subset([3, 0]).images("pixels")[1], level[0])
    assert run(extractors.create("band", size=6)).features.images("band")[0].shape == (6, 6, 1)


def test_features_of_the_default_cache_are_found_there(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "mine"))
    extract(table(folder), folder, Spy())
    assert cache.size_of_cache() > 10 * 12 * 4
