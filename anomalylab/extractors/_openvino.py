"""The cut network run by OpenVINO, in float32."""

import threading
import warnings

import numpy as np
import torch

from anomalylab.errors import ParameterError
from anomalylab.extractors._spec import Network


def compile_network(cut: torch.nn.Module, size: tuple[int, int]) -> Network:
    """Return the network compiled for as many threads as torch uses, one a stream.

    Raises
    ------
    ParameterError
        If OpenVINO is not installed.
    """
    try:
        import openvino
    except ImportError as error:
        raise ParameterError(
            'engine="openvino" needs the extra: pip install "anomalylab-vision[fast]"'
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that tracing is deprecated
        traced = torch.jit.trace(
            cut, torch.zeros(1, *size, 3, dtype=torch.uint8), check_trace=False
        )
        model = openvino.convert_model(traced, input=([-1, *size, 3], openvino.Type.u8))
    n_threads = torch.get_num_threads()
    compiled = openvino.Core().compile_model(
        model,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": n_threads,
            "NUM_STREAMS": n_threads,
        },
    )
    requests = threading.local()

    def run(images: np.ndarray) -> list[np.ndarray]:
        if not hasattr(requests, "one"):
            requests.one = compiled.create_infer_request()
        outputs = requests.one.infer([images])
        return [outputs[index].copy() for index in range(len(outputs))]

    return run
