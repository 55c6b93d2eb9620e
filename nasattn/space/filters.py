"""Filters of a choice: which sites of its slot kind it governs."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from nasattn.attention import SlotKind
from nasattn.placement import Site
from nasattn.schema import Strict, as_tuple


def _listed(value: Any) -> Any:
    """Take one pattern for a list of one."""
    return (value,) if isinstance(value, str) else as_tuple(value)


Patterns = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Whole = Annotated[int, Field(ge=1)]


class Channels(Strict):
    """Bounds on the channels of a site, both included; None is no bound."""

    min: Whole | None = None
    max: Whole | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both, such as { min = 96 }")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min = {self.min} is above max = {self.max}")
        return self

    def hold(self, channels: int) -> bool:
        """Tell whether ``channels`` keeps to the bounds."""
        return (self.min or 0) <= channels and (self.max is None or channels <= self.max)


class Filters(BaseModel):
    """The keys of a ``[[choice]]`` that narrow it; a site must pass every one that is given.

    Attributes:
        where: Patterns (``fnmatch``) of call-site names, one of which must match.
        unless: Patterns none of which may match.
        stages: Numbers of the stages, as ``nasattn sites`` tells them.
        channels: Bounds on the channels.
    """

    model_config = ConfigDict(frozen=True)

    where: Patterns = ()
    unless: Patterns = ()
    stages: tuple[Whole, ...] = ()
    channels: Channels | None = None

    def given(self) -> Mapping[str, Any]:
        """Return the filters that are given, in plain values."""
        kept = self.model_dump(include=set(Filters.model_fields), exclude_none=True)
        return {name: value for name, value in kept.items() if value}


def passing(filters: Filters, slot: SlotKind, sites: Iterable[Site]) -> tuple[Site, ...]:
    """Return the sites that pass every filter of a choice of kind ``slot``."""
    return tuple(site for site in sites if _passes(filters, slot, site))


def call_site(site: Site, slot: SlotKind) -> str:
    """Return the call-site name by which a choice of kind ``slot`` knows ``site``."""
    if slot is SlotKind.AFTER_CONV and site.follows is not None:
        return site.follows
    return site.at


def filter_words(given: Mapping[str, Any]) -> str:
    """Write given filters for people.

    >>> filter_words({"where": ("layer*",), "stages": (2, 3), "channels": {"min": 96}})
    'where "layer*", stages 2, 3, channels from 96'
    """
    return ", ".join(_words(given))


def _words(given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("where", "unless"):
        if patterns := given.get(name):
            yield f"{name} " + " or ".join(f'"{pattern}"' for pattern in patterns)
    if stages := given.get("stages"):
        yield f"stages {', '.join(map(str, stages))}"
    if channels := given.get("channels"):
        ends = (("from", channels.get("min")), ("up to", channels.get("max")))
        yield " ".join(["channels", *(f"{word} {end}" for word, end in ends if end)])


def _passes(filters: Filters, slot: SlotKind, site: Site) -> bool:
    names = {site.at, call_site(site, slot)}
    return (
        (not filters.where or _any_matches(names, filters.where))
        and not _any_matches(names, filters.unless)
        and (not filters.stages or site.stage in filters.stages)
        and (filters.channels is None or filters.channels.hold(site.channels))
    )


def _any_matches(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
