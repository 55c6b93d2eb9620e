"""The latency of a trial: measured once for an architecture, then the recorded one."""

from collections.abc import Iterable
from dataclasses import replace

import torch

from nasattn.cost.latency import Latency
from nasattn.placement import Architecture
from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.study.freeze import Material
from nasattn.search.trial.timing import Conditions, time_architecture


def with_known_latency(trial: Trial, attempts: Iterable[Attempt]) -> Trial:
    """Return a trial with the latency of its architecture on its device, where one is recorded.

    The other conditions are frozen with the study. Repeats and resumed trials so have the figure
    of the first measurement, which no other would give again.
    """
    for known in (attempt.record for attempt in attempts):
        same = (known.digest, known.device) == (trial.digest, trial.device)
        if same and known.latency_ms is not None:
            return replace(trial, latency_ms=known.latency_ms, latency_iqr_ms=known.latency_iqr_ms)
    return trial


def time_trial(material: Material, architecture: Architecture, device: torch.device) -> Latency:
    """Measure the latency of an architecture under the conditions of its study."""
    settings = material.settings
    conditions = Conditions(
        device=device,
        batch_size=settings.execution.latency_batch_size,
        threads=settings.execution.threads,
        precision=settings.recipe.precision,
        channels_last=settings.recipe.channels_last,
    )
    return time_architecture(architecture, settings.num_classes, conditions)
