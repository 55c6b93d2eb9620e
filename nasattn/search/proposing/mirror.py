"""A study as Optuna's samplers see it, made anew in memory for each proposal."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


class Past(FrozenTrial):
    """A trial that nobody changes; a storage takes it in as it is, without a copy.

    In the mirrors that it is put into, one after another, it is numbered anew.

    Args:
        state: How it ended.
        values: Its objectives, where it is complete.
        params: Its parameters.
        distributions: Theirs.
        system_attrs: The sampler's notes.
        user_attrs: What else a sampler is told.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a trial is made of
        self,
        state: TrialState,
        values: Sequence[float] | None,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        system_attrs: Mapping[str, Any],
        user_attrs: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(
            number=-1,
            trial_id=-1,
            state=state,
            value=None,
            values=values,
            datetime_start=None,
            datetime_complete=None,
            params=dict(params),
            distributions=dict(distributions),
            user_attrs=dict(user_attrs),
            system_attrs=dict(system_attrs),
            intermediate_values={},
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "Past":
        """Return the trial itself: a study of thousands is not copied for each proposal."""
        return self


def mirror_of(
    trials: Iterable[FrozenTrial], directions: Sequence[StudyDirection], sampler: BaseSampler
) -> optuna.Study:
    """Return a new study in memory with these trials; a ``Past`` belongs to the latest only."""
    storage = InMemoryStorage()
    study = optuna.create_study(storage=storage, directions=directions, sampler=sampler)
    for trial in trials:
        # Study.add_trial would check every parameter of every trial again.
        storage.create_new_trial(study._study_id, template_trial=trial)
    return study
