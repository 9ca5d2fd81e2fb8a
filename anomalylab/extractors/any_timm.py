"""Any backbone of timm, by its name and the names of its feature maps.

References
----------
.. [1] Wightman (2019). PyTorch Image Models. https://github.com/huggingface/pytorch-image-models
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anomalylab.errors import ParameterError
from anomalylab.extractors import register
from anomalylab.extractors._backbone import TimmBackbone
from anomalylab.registry import unknown_name


@register("timm")
@dataclass(kw_only=True)
class AnyTimm(TimmBackbone):
    """A backbone of timm [1]_ that has no preset here.

    Parameters
    ----------
    model : str
        timm's name, with the tag of its training if there are several.
    levels : sequence of str, optional
        Names of timm's ``feature_info``, e.g. ``layer2`` or ``blocks.4``; the last but one if not
        given.
    size : int or (height, width), optional
        What the network was trained on if not given.
    weights, batch_size, engine
        As for any backbone.

    Raises
    ------
    UnknownNameError
        If timm has no such network.
    ParameterError
        If the name leaves open which of several trainings is meant, or the network gives no
        feature maps.
    """

    model: str
    levels: Sequence[str] = ()
    size: int | tuple[int, int] = 0

    def __post_init__(self) -> None:
        from anomalylab.extractors import _network

        self.name = f"timm:{self.model}"  # type: ignore[misc]
        self.architecture = _exact(self.model, self.weights)  # type: ignore[misc]
        config = _network.timm.get_pretrained_cfg(self.architecture)
        if config is not None:
            self.mean = tuple(255 * share for share in config.mean)  # type: ignore[misc]
            self.std = tuple(255 * share for share in config.std)  # type: ignore[misc]
        self.size = self.size or (config.input_size[1:] if config else 224)
        names = _network.level_names(self.architecture)
        self.known = {name: index for index, name in enumerate(names)}  # type: ignore[misc]
        self.levels = self.levels or names[-2:-1]
        super().__post_init__()

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as JSON values, without ``model``, which is in the name."""
        return {key: value for key, value in super().parameters().items() if key != "model"}

    @classmethod
    def availability(cls) -> str:
        """Say in a few words where the weights come from."""
        return "any backbone of timm as timm:NAME; weights from the hub, or weights=PATH"


def _exact(model: str, weights: str) -> str:
    """Return timm's name with its tag if that is needed to know the weights."""
    import timm

    if not timm.is_model(model):
        unknown_name("network of timm", model, timm.list_models())
    bare, _, tag = model.partition(".")
    tags = timm.list_pretrained(f"{bare}.*")
    if tag and model not in tags:
        unknown_name("training of timm", model, tags)
    if tag or weights != "pretrained":
        return model
    if len(tags) != 1:
        raise ParameterError(
            f"timm:{model} has several trainings; name one of {', '.join(tags)}"
            if tags
            else f"timm has no weights of {model}; pass weights=PATH"
        )
    return tags[0]
