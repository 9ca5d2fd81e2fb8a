"""The course of a training: its steps, its epochs, and what of it is kept."""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.errors import TrainingError, TrainingStopped
from anomalylab.progress import Advance, counting
from anomalylab.training.batches import batches
from anomalylab.training.checkpoints import Checkpoint, Checkpoints
from anomalylab.training.device import device_of
from anomalylab.training.means import Means
from anomalylab.training.plan import TrainingPlan
from anomalylab.training.schedule import factor
from anomalylab.training.seeds import Draw, generator, number
from anomalylab.training.watching import listener

WRITE_AFTER = 30.0
"""Seconds after which a checkpoint is written anew: what a kill costs at most."""

MOMENTUM = 0.9
"""Of the optimizer ``sgd``."""

_COLUMNS = ["epoch", "part", "measure", "value"]


class Course:
    """A training under way.

    Parameters
    ----------
    modules : Module
        On the device it is to be trained on.
    loss_of : callable
        See :data:`anomalylab.training.loop.LossOfRows`.
    plan : TrainingPlan
    training, validation : int ndarray
        Row numbers.
    half : torch.dtype or None
        Type that is computed in where that is safe.

    Attributes
    ----------
    epoch, step : int
        What is next, from 0.
    """

    def __init__(
        self,
        modules: nn.Module,
        loss_of: Callable[..., tuple[Tensor, dict[str, float]]],
        plan: TrainingPlan,
        training: np.ndarray,
        validation: np.ndarray,
        half: torch.dtype | None,
    ):
        self.modules, self.loss_of, self.plan = modules, loss_of, plan
        self.training, self.validation, self.half = training, validation, half
        self.device = device_of(modules)
        self.parameters = [p for p in modules.parameters() if p.requires_grad]
        self.optimizer = _optimizer(self.parameters, plan)
        self.n_steps = len(batches(training, plan.batch_size))
        self.epoch = self.step = 0
        self.means = Means()
        self.rows: list[tuple[int, str, str, float]] = []
        self.best_loss, self.best_epoch = math.inf, -1
        self.kept: dict[str, Tensor] = {}
        self.is_finished = False
        self.written = -math.inf

    @property
    def n_bytes(self) -> int:
        """Of all weights."""
        tensors = self.modules.state_dict().values()
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def history(self) -> pd.DataFrame:
        """Return what is known of the epochs that have ended."""
        return pd.DataFrame(self.rows, columns=_COLUMNS).astype({"epoch": int, "value": float})

    def run(self, store: Checkpoints) -> None:
        """Train to the end, and leave the modules with the weights that are kept.

        Raises
        ------
        TrainingError, TrainingStopped
            The modules then hold the best weights so far, if an epoch has ended.
        """
        try:
            if not self.is_finished:
                self._run_epochs(store)
                self.is_finished = True
                store.write(self.snapshot())
        finally:
            self._take_kept()

    def _run_epochs(self, store: Checkpoints) -> None:
        self.written = time.monotonic()
        with counting(self._n_left(), "training") as advance:
            while self._n_left():
                self._run_epoch(store, advance)
                self._end_epoch()
                self._tell()  # before it is kept: what looks on at an epoch never misses one
                if self.epoch == 1 or self._is_due():
                    self._write(store)
                if self._is_patience_over():
                    advance(self._n_left())
                    return

    def _n_left(self) -> int:
        """Return the steps still to be taken."""
        return (self.plan.epochs - self.epoch) * self.n_steps - self.step

    def _is_patience_over(self) -> bool:
        patience = self.plan.patience
        waited = self.epoch - 1 - self.best_epoch
        return patience is not None and len(self.validation) > 0 and waited >= patience

    def _run_epoch(self, store: Checkpoints, advance: Advance) -> None:
        order = generator(self.plan.seed, Draw.ORDER, self.epoch).permutation(self.training)
        self.modules.train()
        for rows in batches(order, self.plan.batch_size)[self.step :]:
            self._stop_if_wanted(store)
            if self.step and self._is_due():
                self._write(store)
            self._take_step(rows)
            self.step += 1
            advance(1)

    def _take_step(self, rows: np.ndarray) -> None:
        n_done = self.epoch * self.n_steps + self.step
        rate = self.plan.learning_rate * factor(
            self.plan.schedule, n_done, self.plan.epochs * self.n_steps
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if len(rows) == 1:
            _keep_statistics(self.modules)
        self.optimizer.zero_grad(set_to_none=True)
        loss, measures = self._loss(rows, Draw.STEP, self.epoch, self.step)
        value = loss.detach().item()
        self._refuse_no_number(value, "loss")
        loss.backward()
        self.optimizer.step()
        self.means.add({"loss": value, **measures}, len(rows))

    def _loss(self, rows: np.ndarray, draw: Draw, *place: int) -> tuple[Tensor, dict[str, float]]:
        """Return loss and measures of some rows, all that is drawn told by the place."""
        seed, is_training = self.plan.seed, draw is Draw.STEP
        half = torch.autocast(self.device.type, self.half) if self.half else nullcontext()
        with torch_seed(number(seed, draw, *place), self.device), half:
            return self.loss_of(rows, generator(seed, draw, *place), is_training)

    def _end_epoch(self) -> None:
        self._note("train", self.means.take())
        loss = -math.inf
        if len(self.validation):
            held_out = self._validate()
            self._note("validation", held_out)
            loss = held_out["loss"]
        if loss < self.best_loss or not len(self.validation):
            self.best_loss, self.best_epoch, self.kept = loss, self.epoch, self._weights()
        self.epoch, self.step = self.epoch + 1, 0

    def _validate(self) -> dict[str, float]:
        """Return the means over the rows held out, with the same draws in every epoch."""
        self.modules.eval()
        means = Means()
        with torch.no_grad():
            for place, rows in enumerate(batches(self.validation, self.plan.batch_size)):
                loss, measures = self._loss(rows, Draw.VALIDATION, place)
                value = loss.item()
                self._refuse_no_number(value, "loss of the rows held out")
                means.add({"loss": value, **measures}, len(rows))
        return means.take()

    def _note(self, part: str, means: dict[str, float]) -> None:
        self.rows += [(self.epoch + 1, part, name, value) for name, value in means.items()]

    def _refuse_no_number(self, loss: float, what: str) -> None:
        if not math.isfinite(loss):
            epoch, step = self.epoch + 1, min(self.step + 1, self.n_steps)
            kept = f"the weights of epoch {self.best_epoch + 1} are kept" if self.kept else ""
            raise TrainingError(
                f"the {what} is {loss} in epoch {epoch}, step {step} of {self.n_steps}"
                f"{'; ' if kept else ''}{kept}; a learning rate below {self.plan.learning_rate} "
                "may help",
                epoch,
                step,
            )

    def _stop_if_wanted(self, store: Checkpoints) -> None:
        looks_on = listener()
        if looks_on is not None and looks_on.wants_to_stop():
            self._write(store)
            raise TrainingStopped(
                f"training was stopped in epoch {self.epoch + 1} of {self.plan.epochs}, before "
                f"step {self.step + 1} of {self.n_steps}; called again it goes on from there"
            )

    def _tell(self) -> None:
        looks_on = listener()
        if looks_on is not None:
            looks_on.told(self.history())

    def _is_due(self) -> bool:
        return time.monotonic() - self.written > WRITE_AFTER

    def _write(self, store: Checkpoints) -> None:
        store.write(self.snapshot())
        self.written = time.monotonic()

    def snapshot(self) -> Checkpoint:
        """Return all that going on needs; of a finished training the weights kept alone."""
        tensors = {f"kept.{name}": tensor for name, tensor in self.kept.items()}
        if not self.is_finished:
            tensors |= {f"now.{name}": tensor for name, tensor in self._weights().items()}
            for i, parameter in enumerate(self.parameters):
                for name, tensor in self.optimizer.state.get(parameter, {}).items():
                    tensors[f"optimizer.{i}.{name}"] = tensor
        return Checkpoint(self._state(), tensors)

    def _state(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "step": self.step,
            "means": self.means.state(),
            "history": self.rows,
            "best_loss": self.best_loss if math.isfinite(self.best_loss) else None,
            "best_epoch": self.best_epoch,
            "is_finished": self.is_finished,
        }

    def go_on_from(self, checkpoint: Checkpoint) -> None:
        """Take up where a training was."""
        state, tensors = checkpoint
        self.epoch, self.step = state["epoch"], state["step"]
        self.means = Means.of(state["means"])
        self.rows = [(row[0], row[1], row[2], row[3]) for row in state["history"]]
        self.best_epoch, self.is_finished = state["best_epoch"], state["is_finished"]
        self.best_loss = math.inf if state["best_loss"] is None else state["best_loss"]
        self.kept = _under("kept.", tensors)
        if not self.is_finished:
            self.modules.load_state_dict(_under("now.", tensors))
            for i, parameter in enumerate(self.parameters):
                for name, tensor in _under(f"optimizer.{i}.", tensors).items():
                    self.optimizer.state[parameter][name] = _like(parameter, tensor)

    def _weights(self) -> dict[str, Tensor]:
        """Return a copy of all weights."""
        return {name: tensor.clone() for name, tensor in self.modules.state_dict().items()}

    def _take_kept(self) -> None:
        if self.kept:
            self.modules.load_state_dict(self.kept)
        self.modules.eval()


def _optimizer(parameters: list[nn.Parameter], plan: TrainingPlan) -> torch.optim.Optimizer:
    options: dict[str, Any] = {"lr": plan.learning_rate, "weight_decay": plan.weight_decay}
    if plan.optimizer == "sgd":
        return torch.optim.SGD(parameters, momentum=MOMENTUM, **options)
    return torch.optim.AdamW(parameters, **options)


def _keep_statistics(modules: nn.Module) -> None:
    """Let batch normalisations use what they know: one row has no spread."""
    for layer in modules.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.eval()


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Lay a tensor out in memory as a parameter of the same shape is."""
    if tensor.shape != parameter.shape:
        return tensor
    return torch.empty_like(parameter).copy_(tensor)
