"""One loop for whatever is trained: seeded, watched, stopped early, and resumed after a kill.

References
----------
.. [1] Loshchilov & Hutter (2019). Decoupled Weight Decay Regularization.
   https://arxiv.org/abs/1711.05101
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from anomalylab.errors import ParameterError
from anomalylab.training.checkpoints import Checkpoints
from anomalylab.training.course import Course
from anomalylab.training.device import chosen_device, half_precision
from anomalylab.training.plan import TrainingPlan
from anomalylab.training.splits import split

LossOfRows = Callable[[np.ndarray, np.random.Generator, bool], tuple[Tensor, dict[str, float]]]
"""Row numbers, where to draw from, and whether this is training rather than validation -> the loss
to be made small, the mean over these rows, and further measures by name."""

_VERSION = 1
"""Raised when the same training begins to give other weights."""

log = logging.getLogger(__name__)


def train(
    modules: nn.Module,
    loss_of: LossOfRows,
    *,
    groups: np.ndarray,
    plan: TrainingPlan,
    key: Mapping[str, Any],
    checkpoint: Path | None = None,
) -> pd.DataFrame:
    """Make a loss small by changing the parameters of some modules.

    Every epoch passes over the training rows once in a random order. With rows held out, the
    weights of the epoch with the smallest loss on them are kept, else those of the last epoch.
    Where training was is written every half minute; a call with the same modules, plan and ``key``
    goes on from there, to the same weights as if it had never been killed, and one that was
    finished before returns at once.

    On a CPU, the same seed and number of threads give the same weights. Torch's global generator
    is left as it was.

    Parameters
    ----------
    modules : Module
        What learns, with its first weights; parameters that need no gradient stay as they are. At
        the end it holds the weights kept, in evaluation mode, on the device of the plan.
    loss_of : callable
        See :data:`LossOfRows`. It finds the device with
        :func:`anomalylab.training.device.device_of` and draws from the generator that it is given,
        or by layers such as dropout.
    groups : int ndarray of shape (n_rows,)
        Rows of one number are held out together.
    plan : TrainingPlan
    key : mapping
        All else that the weights depend on, as JSON values: the architecture, the images, options
        of the loss.
    checkpoint : path, optional
        Folder that keeps where training is; one in the cache if not given.

    Returns
    -------
    history : DataFrame
        ``epoch`` (from 1), ``part`` (``train`` or ``validation``), ``measure`` (``loss`` and
        others) and ``value``, the mean over rows.

    Raises
    ------
    TrainingError
        If the loss is no finite number any more; or if ``checkpoint`` is of another training.
    TrainingStopped
        If who looks on wants it, see :func:`anomalylab.training.watching`.
    ParameterError
        If the device is not there, or nothing can learn.
    StorageError
        If the checkpoint cannot be written.
    """
    if not any(parameter.requires_grad for parameter in modules.parameters()):
        raise ParameterError("there is nothing to train: no parameter needs a gradient")
    device = chosen_device(plan.device)
    training, validation = split(groups, plan.validation, plan.seed)
    half = half_precision(device) if plan.mixed_precision else None
    record = {
        "version": _VERSION,
        "key": dict(key),
        "plan": {name: value for name, value in asdict(plan).items() if name != "device"},
        "device": f"{device.type} {half or torch.float32}",
        "rows": _digest(np.asarray(groups, np.int64)),
        **_described(modules),
    }
    modules.to(device)
    modules.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    course = Course(modules, loss_of, plan, training, validation, half)
    store = Checkpoints(record, checkpoint)
    store.check_writable(4 * course.n_bytes)
    known = store.read()
    if known:
        course.go_on_from(known)
        log.info("training goes on from epoch %d in %s", course.epoch + 1, store.folder)
    course.run(store)
    return course.history()


def _described(modules: nn.Module) -> dict[str, Any]:
    """Return names, types and shapes of all weights, and a digest of their first values."""
    state = {name: tensor.detach().cpu() for name, tensor in modules.state_dict().items()}
    parts = {name: f"{tensor.dtype} {list(tensor.shape)}" for name, tensor in state.items()}
    learns = [name for name, parameter in modules.named_parameters() if parameter.requires_grad]
    values = [tensor.contiguous().numpy() for tensor in state.values()]
    return {"architecture": parts, "learns": learns, "first_weights": _digest(*values)}


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
