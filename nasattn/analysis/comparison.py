"""Two trials side by side: where their networks differ, and their conditions."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nasattn.records import Study, Trial

# What says how long a study is, where it lies or what else it holds is no condition of a trial.
_NO_CONDITION = {
    *("name", "trials", "storage", "cost_range", "variant", "space", "search", "budget"),
    *("objectives", "repeats", "execution.keep_checkpoints", "execution.keep_weights"),
}


class SiteRow(NamedTuple):
    """One site in two networks.

    Attributes:
        slot: Its slot kind.
        at: Its call.
        first: The placement there in the first network; None for none.
        second: The same of the second.
    """

    slot: str
    at: str
    first: Mapping[str, Any] | None
    second: Mapping[str, Any] | None

    @property
    def is_equal(self) -> bool:
        """Whether both networks have the same there."""
        return self.first == self.second


class Condition(NamedTuple):
    """A setting in which two studies differ; None where one has none."""

    key: str
    first: Any
    second: Any


def site_rows(first: Trial, second: Trial) -> tuple[SiteRow, ...]:
    """Return every site at which one of two trials has a module, those of the first before."""
    placed = [{(p["slot"], p["at"]): p for p in trial.placements} for trial in (first, second)]
    sites = dict.fromkeys([*placed[0], *placed[1]])
    return tuple(SiteRow(*site, placed[0].get(site), placed[1].get(site)) for site in sites)


def different_conditions(first: Study, second: Study) -> tuple[Condition, ...]:
    """Return the settings under which two studies train differently; none of one and itself."""
    settings = [dict(_flat(study.settings)) for study in (first, second)]
    keys = dict.fromkeys([*settings[0], *settings[1]])
    found = (Condition(key, settings[0].get(key), settings[1].get(key)) for key in keys)
    return tuple(c for c in found if c.first != c.second)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        if key in _NO_CONDITION:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        else:
            yield key, value
