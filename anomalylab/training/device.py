"""Where tensors are computed with, chosen or given."""

from typing import TYPE_CHECKING

from anomalylab.errors import ParameterError

if TYPE_CHECKING:
    import torch

AUTO = "auto"


def chosen_device(name: str = AUTO) -> "torch.device":
    """Return the device of a name.

    Parameters
    ----------
    name : str
        ``auto``: a graphics processor if there is one, else the processor; or a device of torch,
        such as ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises
    ------
    ParameterError
        If there is no such device here; the message says what there is.
    """
    import torch

    here = devices_here()
    if name == AUTO:
        return torch.device(here[0])
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ParameterError(f"{name!r} is no device; {_what_there_is(here)}") from None
    if str(device) not in here and str(torch.device(device.type, device.index or 0)) not in here:
        raise ParameterError(f"there is no device {name} here; {_what_there_is(here)}")
    return device


def devices_here() -> list[str]:
    """Return the names of what can compute here, the fastest first."""
    import torch

    found = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found += ["mps", "mps:0"]
    return [*found, "cpu"]


def device_of(module: "torch.nn.Module") -> "torch.device":
    """Return where the parameters of a module lie, which is where its inputs must lie, too."""
    return next(module.parameters()).device


def half_precision(device: "torch.device") -> "torch.dtype | None":
    """Return the short type that a device computes faster with, if there is one.

    It is bfloat16 alone: it has the range of float32, so that gradients need no scaling.
    """
    import torch

    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return None


def _what_there_is(here: list[str]) -> str:
    names = [name for name in here if name != "mps:0"]
    return f"this machine has {', '.join(names)}, and auto takes {names[0]}"
