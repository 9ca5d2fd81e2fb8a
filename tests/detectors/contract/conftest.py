"""Every registered detector keeps the contract; what each computes is tested in its own file."""

import pytest
from detector_contract import draw, made

from anomalylab import detectors


@pytest.fixture
def normal():
    return draw(seed=0, n_images=20)


@pytest.fixture
def query():
    return draw(seed=1, n_images=7)


@pytest.fixture(params=detectors.registry)
def detector(request):
    return made(request.param)
