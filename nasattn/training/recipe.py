"""The ``[recipe]`` table of a study: all that fixes training except the architecture."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from nasattn.schema import Strict, as_tuple
from nasattn.training.augment.settings import Augmentation, Item, ordered

Precision = Literal["fp32", "bf16", "fp16", "auto"]


def _filled(values: Any, owner: str, defaults: dict[str, Any], *, otherwise: str) -> Any:
    """Write ``defaults`` into a table whose name (``otherwise`` if left out) is ``owner``."""
    if isinstance(values, dict) and values.get("name", otherwise) == owner:
        given = {key: value for key, value in values.items() if value is not None}
        return {**defaults, **given}
    return values


def _refuse_unused(table: Any, owner: str, keys: tuple[str, ...]) -> None:
    for key in keys:
        if table.name != owner and getattr(table, key) is not None:
            raise ValueError(f'{key} is for name = "{owner}" only, but name is "{table.name}"')


class Optimizer(Strict):
    """Rule by which gradients change the weights.

    Args:
        name: ``sgd``, ``adam`` or ``adamw``.
        lr: Learning rate before the schedule's factor.
        momentum: For ``sgd`` only, where it is 0.9 if left out.
        nesterov: For ``sgd`` only, where it is false if left out.
        weight_decay: L2 penalty of ``sgd`` and ``adam``; decoupled decay of ``adamw``. It applies
            to every trained parameter, except those that an attention module's authors leave
            out (GCT's beta).
        decay_norms_and_biases: Whether it applies to the scales and shifts of norms and to biases.
    """

    name: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: float = Field(default=0.1, gt=0)
    momentum: float | None = Field(default=None, ge=0, lt=1)
    nesterov: bool | None = None
    weight_decay: float = Field(default=0.0, ge=0)
    decay_norms_and_biases: bool = True

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        return _filled(values, "sgd", {"momentum": 0.9, "nesterov": False}, otherwise="sgd")

    @model_validator(mode="after")
    def _consistent(self) -> "Optimizer":
        _refuse_unused(self, "sgd", ("momentum", "nesterov"))
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0")
        return self


class Schedule(Strict):
    """How the learning rate changes from step to step.

    Args:
        name: ``cosine`` falls to 0 over the steps after warm-up; ``multistep`` is multiplied by
            ``gamma`` when as many epochs as a milestone says are done; ``one-cycle`` rises along
            half a cosine from lr / ``div_factor`` to lr and falls along another to
            lr / (``div_factor`` · ``final_div_factor``), as torch's OneCycleLR without its
            change of momentum.
        milestones: Epochs, rising; for ``multistep`` only, where it is needed.
        gamma: For ``multistep`` only, where it is 0.1 if left out.
        pct_start: Share of the steps in which the rate rises; for ``one-cycle`` only, where it is
            0.3 if left out.
        div_factor: For ``one-cycle`` only, where it is 25 if left out.
        final_div_factor: For ``one-cycle`` only, where it is 10 000 if left out.
        warmup_epochs: Epochs, also broken ones, in which the rate rises linearly to the one that
            the schedule then begins with; the schedule has the epochs that remain.
    """

    name: Literal["cosine", "multistep", "one-cycle"] = "cosine"
    milestones: Annotated[tuple[int, ...] | None, BeforeValidator(as_tuple)] = None
    gamma: float | None = Field(default=None, gt=0, lt=1)
    pct_start: float | None = Field(default=None, gt=0, lt=1)
    div_factor: float | None = Field(default=None, ge=1)
    final_div_factor: float | None = Field(default=None, ge=1)
    warmup_epochs: float = Field(default=0.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        values = _filled(values, "multistep", {"gamma": 0.1}, otherwise="cosine")
        cycle = {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4}
        return _filled(values, "one-cycle", cycle, otherwise="cosine")

    @model_validator(mode="after")
    def _consistent(self) -> "Schedule":
        _refuse_unused(self, "multistep", ("milestones", "gamma"))
        _refuse_unused(self, "one-cycle", ("pct_start", "div_factor", "final_div_factor"))
        if self.name == "multistep":
            rising = sorted(set(self.milestones or ()))
            if not rising or rising != list(self.milestones or ()) or rising[0] < 1:
                given = list(self.milestones or ())
                raise ValueError(
                    f'milestones = {given}, but "multistep" needs rising numbers of epochs, '
                    "such as [30, 60, 90]"
                )
        return self


class Recipe(Strict):
    """All that fixes training except the architecture, the data and the seed.

    Args:
        epochs: Passes over the training images.
        batch_size: Images in a step. The last batch of an epoch is smaller where it must be; if
            a single image remained it is left out, since BatchNorm cannot train on one.
        optimizer: See ``Optimizer``.
        schedule: See ``Schedule``.
        clip_grad_norm: Where the norm of all gradients together is larger, they are scaled down to
            it. Left out: never.
        freeze_epochs: In so many epochs, the first ones, attention alone learns: all else keeps
            its weights and buffers and is in evaluation mode (BatchNorm by its running
            statistics, no dropout). The bare backbone, then, stays as it is in these epochs.
        label_smoothing: Share of the target spread over all classes, in training only.
        augment: Names, or tables of a name with settings, in any order. ``crop`` shifts by up to
            an eighth of the side, at most 4 pixels (1 on 8×8, 4 from 32×32 on), and fills with
            black; ``flip`` mirrors left and right with probability ½; for ``jitter``,
            ``resized_crop`` and ``rotation`` see ``Jitter``, ``ResizedCrop`` and ``Rotation``.
            Applied are jitter, crop or resized crop, flip, rotation, in this order; the last
            three together are sampled once (bilinear) and filled with black.
        mixup: α of mixup: each image is blended with another of its batch, and their targets
            likewise; its own weight is the larger of λ and 1 - λ with λ from Beta(α, α). An image
            then counts as classified right where it is taken for its own class. Left out: none.
        ema_decay: Evaluate an average of the weights: after each step
            average = decay · average + (1 - decay) · weights; BatchNorm's running statistics are
            averaged alike. The learning curve tells the accuracy of the weights themselves beside
            it. Left out: the weights themselves.
        precision: ``fp32``; ``bf16`` or ``fp16`` (CUDA only, with loss scaling) by autocast;
            ``auto`` takes bf16 on GPUs that have it, else fp16; on CPUs bf16 where they multiply
            matrices in it (AMX or AVX-512 BF16, as PyTorch tells), else fp32; fp32 elsewhere.
            It does not ask whether a network is large enough to gain by it.
        channels_last: Keep the channels of a pixel together in memory; mostly faster.
        compile: Train through torch.compile; evaluation is not compiled. Each architecture is
            compiled anew, which takes half a minute to minutes.
    """

    epochs: int = Field(default=30, ge=1)
    batch_size: int = Field(default=128, ge=2)
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    clip_grad_norm: float | None = Field(default=None, gt=0)
    freeze_epochs: int = Field(default=0, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    augment: tuple[Item, ...] = ()
    mixup: float | None = Field(default=None, gt=0)
    ema_decay: float | None = Field(default=None, ge=0, lt=1)
    precision: Precision = "auto"
    channels_last: bool = True
    compile: bool = False

    @field_validator("augment")
    @classmethod
    def _ordered(cls, augment: tuple[Augmentation, ...]) -> tuple[Augmentation, ...]:
        return ordered(augment)  # the order means nothing: equal recipes are equal

    @model_validator(mode="after")
    def _within_the_epochs(self) -> "Recipe":
        last = max(self.schedule.milestones or (0,))
        for key, epoch in (("milestones", last), ("warmup_epochs", self.schedule.warmup_epochs)):
            if epoch and epoch >= self.epochs:
                raise ValueError(
                    f"schedule.{key} reaches epoch {epoch:g}, but must stay below "
                    f"epochs = {self.epochs}"
                )
        if self.freeze_epochs > self.epochs:
            raise ValueError(
                f"freeze_epochs = {self.freeze_epochs} is more than epochs = {self.epochs}"
            )
        return self
