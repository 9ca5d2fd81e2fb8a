"""What can run a network on this machine's processor, and which of them is the fastest."""

import platform
from importlib import metadata, util
from pathlib import Path

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.storage import kept

AUTO = "auto"

ENGINES = (AUTO, "torch", "openvino")


def chosen(engine: str) -> str:
    """Return the engine itself, or for ``auto`` the fastest that is installed and works here.

    OpenVINO embeds on a CPU with a third of the CPU seconds that torch takes, and its features
    agree to 1e-4 of a level's largest value.

    Raises
    ------
    ParameterError
        If the engine is not installed.
    UnknownNameError
        If there is no such engine.
    """
    if engine not in ENGINES:
        unknown_name("engine", engine, ENGINES)
    if engine != AUTO and not is_installed(engine):
        raise ParameterError(
            f"the engine {engine} is not installed; install it with: pip install "
            '"anomalylab-vision[fast]", or choose auto or torch'
        )
    if engine != AUTO:
        return engine
    return "openvino" if _openvino_works() else "torch"


def is_installed(engine: str) -> bool:
    """Tell whether the package of an engine is installed, without loading it."""
    return util.find_spec(engine) is not None


def _openvino_works() -> bool:
    """Tell whether OpenVINO starts on this processor; once found it is remembered."""
    if not is_installed("openvino"):
        return False
    key = f"openvino {metadata.version('openvino')} starts on {platform.machine()}"
    if kept.recall(key):
        return True
    try:
        import openvino

        devices = openvino.Core().available_devices
    except (ImportError, OSError, RuntimeError):
        return False
    if "CPU" in devices:
        kept.keep(key, lambda folder: Path(folder, "devices.txt").write_text(", ".join(devices)))
    return "CPU" in devices
