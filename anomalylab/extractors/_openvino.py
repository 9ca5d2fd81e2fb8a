"""The cut network run by OpenVINO, in float32.

Its conversion from torch is kept in the cache, so that later processes load neither torch nor timm.
"""

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalylab.compute.threads import n_threads
from anomalylab.errors import ParameterError
from anomalylab.extractors._spec import Network
from anomalylab.storage import kept

if TYPE_CHECKING:
    import torch

_FILE = "network.xml"


class ConversionError(ParameterError):
    """OpenVINO cannot run a network; the message is one line."""


def network(key: str, build: "Callable[[], torch.nn.Module]", size: tuple[int, int]) -> Network:
    """Return a network compiled for as many threads as may compute, one a stream.

    Parameters
    ----------
    key : str
        All that the network depends on; what was converted under it before is used again.
    build : callable
        Returns the network of torch; called only if there is nothing kept.
    size : (height, width)
        Of the images.

    Raises
    ------
    ConversionError
        If OpenVINO does not convert it, or not so that it takes several images.
    """
    import openvino

    key = f"{key} openvino {openvino.__version__}"
    folder = kept.recall(key)
    if folder is not None:
        return _compiled(openvino.Core().read_model(folder / _FILE))
    cut = build()
    try:
        model = _converted(cut, size)
        compiled = _compiled(model)
        compiled(np.zeros((2, *size, 3), np.uint8))
    except Exception as error:  # openvino and the tracing of torch raise nearly anything
        raise ConversionError(_in_a_line(error)) from error
    kept.keep(key, lambda target: _save(model, target))
    return compiled


def _converted(cut: "torch.nn.Module", size: tuple[int, int]) -> Any:
    import openvino
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that tracing is deprecated
        traced = torch.jit.trace(
            cut, torch.zeros(1, *size, 3, dtype=torch.uint8), check_trace=False
        )
        return openvino.convert_model(traced, input=([-1, *size, 3], openvino.Type.u8))


def _in_a_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _save(model: Any, folder: Path) -> None:
    import openvino

    openvino.save_model(model, folder / _FILE, compress_to_fp16=False)


def _compiled(model: Any) -> Network:
    import openvino

    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": n_threads(),
        "NUM_STREAMS": n_threads(),
    }
    compiled = openvino.Core().compile_model(model, "CPU", options)
    _know_numpy()
    requests = threading.local()

    def run(images: np.ndarray) -> list[np.ndarray]:
        if not hasattr(requests, "one"):
            requests.one = compiled.create_infer_request()
        outputs = requests.one.infer([images])
        return [outputs[index].copy() for index in range(len(outputs))]

    return run


def _know_numpy() -> None:
    """Let OpenVINO find numpy's arrays now, in one thread; two that do it at once wait for ever."""
    import openvino

    _ = openvino.Tensor(np.zeros(1, np.uint8)).data
