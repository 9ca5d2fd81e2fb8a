"""Weights files of timm on the Hugging Face hub: in the local cache, or fetched if it answers."""

import threading
import urllib.request
from pathlib import Path

from anomalylab.errors import WeightsError

FILE = "model.safetensors"

PATIENCE = 2.0
"""Seconds after which a hub that does not answer counts as unreachable."""


def cached(architecture: str) -> Path | None:
    """Return the weights file in the local cache of the hub's client, if it is there."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(f"timm/{architecture}", FILE)
    return Path(path) if isinstance(path, str) else None


def download(architecture: str) -> Path:
    """Fetch the weights file of one of timm's networks.

    Raises
    ------
    WeightsError
        At once if the hub cannot be reached; the message names the file and the option to pass.
    """
    from huggingface_hub import hf_hub_download

    if not _hub_answers(url(architecture)):
        raise _unreachable(architecture, "the hub does not answer")
    try:
        return Path(hf_hub_download(f"timm/{architecture}", FILE))
    except Exception as error:  # the hub's client raises errors of several libraries
        raise _unreachable(architecture, f"{type(error).__name__}") from error


def _hub_answers(address: str) -> bool:
    """Tell whether the hub answers within ``PATIENCE``, even if a name server hangs."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    answers: list[bool] = []

    def ask() -> None:
        try:
            request = urllib.request.Request(address, method="HEAD")  # noqa: S310
            urllib.request.urlopen(request, timeout=PATIENCE).close()  # noqa: S310
            answers.append(True)
        except OSError:
            answers.append(False)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answers == [True]


def _unreachable(architecture: str, reason: str) -> WeightsError:
    return WeightsError(
        f"no weights of {architecture} on this machine and none fetched ({reason}); download "
        f"{url(architecture)} elsewhere and pass weights=PATH, or use the backbone lite0"
    )


def url(architecture: str) -> str:
    """Return where the weights file of one of timm's networks lies."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/timm/{architecture}/resolve/main/{FILE}"
