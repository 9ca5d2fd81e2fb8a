"""What all tests share: a cache of their own and one torch thread a worker."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache that no test run leaves behind; kept if the caller names one."""
    if "ANOMALYLAB_CACHE" not in os.environ:
        os.environ["ANOMALYLAB_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return Path(os.environ["ANOMALYLAB_CACHE"])


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def real_data():
    """Folder of real images, for tests that want them."""
    folder = os.environ.get("ANOMALYLAB_DATA")
    if not folder:
        pytest.skip("set ANOMALYLAB_DATA to a folder that holds MVTec AD and KolektorSDD images")
    return Path(folder)
