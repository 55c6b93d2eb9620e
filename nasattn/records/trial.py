"""A trial as a plain value, and its form as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

_NOT_READ = "the placements of this trial were not read"


class _Unread(tuple[Any, ...]):
    """Placements that were not read: to look at them is a mistake, for they are not none."""

    __slots__ = ()

    def __len__(self) -> int:
        raise LookupError(_NOT_READ)

    def __iter__(self) -> Iterator[Any]:
        raise LookupError(_NOT_READ)


UNREAD = _Unread()
"""Stands for placements that were not read."""

STATES = ("waiting", "running", "complete", "pruned", "paused", "failed", "invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One architecture trained in one study; the fields are the vocabulary of ``--json`` too.

    Attributes:
        trial: Its number, the same through all attempts.
        attempt: Which start of it this is, from 1.
        state: One of ``STATES``.
        reason: Why it ended so, in words; empty for a complete trial.
        digest: The identity of its architecture.
        repeat: Which seed of the study it was trained with, from 0.
        variant: Its name, where the study lists variants.
        accuracy: Of the last epoch, in [0, 1]; None until there is one.
        best_accuracy: The highest of all epochs.
        params: Trainable parameters.
        flops: Of the forward pass of one image, elementwise operations and reductions included.
        flops_stock: fvcore's own figure.
        latency_ms: Of one batch, where it is an objective: the median.
        latency_iqr_ms: Interquartile range of its measurements.
        eval_images_per_second: Of the evaluations after its epochs: the median.
        epochs: How many were trained.
        extended_to: How many it was continued to, where a person asked for more than the recipe's.
        by_hand: Whether a person had it trained further: then nothing stops it early.
        seconds: Spent training and evaluating.
        placements: ``{"slot", "at", "module", "options"}`` each; none in the bare backbone;
            ``UNREAD`` where they were not read.
        device: What it was trained on.
        started: ISO 8601, UTC.
        finished: ISO 8601, UTC; None until it ends.
        waits_at: The epoch after which it waits for promotion; None where it does not.
        spared_at: The epoch after which the pruner would have ended or paused it, had it not been
            drawn to be trained to its end; None where it would not have, or was not drawn.
        curve: One mapping an epoch; empty where curves were not read.
    """

    trial: int
    attempt: int
    state: str
    reason: str = ""
    digest: str
    repeat: int
    variant: str | None = None
    accuracy: float | None = None
    best_accuracy: float | None = None
    params: int
    flops: int
    flops_stock: int
    latency_ms: float | None = None
    latency_iqr_ms: float | None = None
    eval_images_per_second: float | None = None
    epochs: int
    extended_to: int | None = None
    by_hand: bool = False
    seconds: float
    placements: tuple[Mapping[str, Any], ...]
    device: str
    started: str
    finished: str | None = None
    waits_at: int | None = None
    spared_at: int | None = None
    curve: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_baseline(self) -> bool:
        """Whether it is the bare backbone that the others are compared with."""
        return self.trial == 0 and not self.placements

    def with_curve(self, curve: Sequence[Mapping[str, Any]]) -> "Trial":
        """Return the record with a learning curve and all that follows from it."""
        from statistics import median  # slow to import, and only trials at work need it

        accuracies = _known(curve, "accuracy")
        speeds = _known(curve, "eval_images_per_second")
        return replace(
            self,
            curve=tuple(curve),
            epochs=len(curve),
            accuracy=curve[-1].get("accuracy") if curve else None,
            best_accuracy=max(accuracies, default=None),
            seconds=sum(_known(curve, "seconds")),
            eval_images_per_second=median(speeds) if speeds else None,
        )

    @property
    def is_result(self) -> bool:
        """Whether its accuracy is one of the recipe: complete, and not continued beyond it."""
        return self.state == "complete" and self.extended_to is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON takes them: what is not a finite number becomes None."""
        if self.placements is UNREAD:
            raise LookupError(_NOT_READ)
        values: dict[str, Any] = plain({name: getattr(self, name) for name in FIELDS})
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Trial":
        """Return the trial that ``to_dict`` wrote; keys of later versions are left out.

        Raises:
            ValueError: a field is missing or of another type, or the state is none of
                ``STATES``.
        """
        missing = [name for name in _REQUIRED if name not in values]
        if missing:
            raise ValueError(f"without {', '.join(missing)}")
        if values["state"] not in STATES:
            raise ValueError(f"state {values['state']!r} is none of {', '.join(STATES)}")
        known = {name: values[name] for name in FIELDS if name in values}
        _check_types(known)
        unread = known["placements"] is None
        known["placements"] = UNREAD if unread else tuple(known["placements"])
        known["curve"] = tuple(known.get("curve", ()))
        return cls(**known)


def _known(curve: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [epoch[key] for epoch in curve if epoch.get(key) is not None]


_WHOLE = ("trial", "attempt", "repeat", "params", "flops", "flops_stock", "epochs")
_WORDS = ("state", "reason", "digest", "device", "started")
_NUMBERS = (
    *("accuracy", "best_accuracy", "latency_ms", "latency_iqr_ms"),
    *("eval_images_per_second", "seconds"),
)
_OF_PLACEMENTS = {"slot", "at", "module", "options"}


def _check_types(values: Mapping[str, Any]) -> None:
    """Raise ValueError where a value is not what the field's annotation says."""
    kinds: tuple[tuple[tuple[str, ...], tuple[type, ...], str], ...] = (
        (_WHOLE, (int,), "a whole number"),
        (("extended_to", "spared_at"), (int, type(None)), "a whole number"),
        (("by_hand",), (bool,), "true or false"),
        (_WORDS, (str,), "text"),
        (_NUMBERS, (int, float, type(None)), "a number"),
        (("placements",), (list, tuple, type(None)), "a list"),
        (("curve",), (list, tuple), "a list"),
    )
    for names, types, rule in kinds:
        for name in names:
            if name in values and type(values[name]) not in types:
                raise ValueError(f"{name} = {values[name]!r} is not {rule}")
    if values["state"] == "complete" and values.get("accuracy") is None:
        raise ValueError("complete, but without an accuracy")
    if not all(map(_is_placement, values["placements"] or ())):
        raise ValueError("placements are not objects with slot, at, module and options")
    if not all(map(_is_epoch, values.get("curve", ()))):
        raise ValueError("its curve is not a list of epochs")


def _is_placement(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= _OF_PLACEMENTS


def _is_epoch(value: Any) -> bool:
    return isinstance(value, dict) and "epoch" in value


FIELDS = tuple(field.name for field in fields(Trial))
_REQUIRED = tuple(field.name for field in fields(Trial) if field.default is MISSING)


def plain(value: Any) -> Any:
    """Return ``value`` made of what JSON has: JSON knows neither NaN nor infinity."""
    # Written and read again: many times faster than a walk through it.
    text = json.dumps(value, default=_as_dict)
    return json.loads(text, parse_constant=lambda _: None)


def _as_dict(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} is nothing that JSON has")
