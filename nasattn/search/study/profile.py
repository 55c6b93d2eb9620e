"""Profiles: other settings of a study under a name, such as ``reduced`` for a small machine."""

from collections.abc import Mapping
from typing import Any

from nasattn.errors import UnknownNameError, UserError


def with_profile(values: Mapping[str, Any], name: str | None, place: str) -> dict[str, Any]:
    """Return a study's tables with those of one of its profiles laid over them.

    A profile is a table ``[profile.NAME]`` that has the study's keys and tables, and ``reduces``:
    what it does to the study, in words, which go with every number that comes of it.

    Args:
        values: The study file's tables.
        name: The profile; None takes the study as it is.
        place: The file's name, for errors.

    Raises:
        UserError: a profile is no table or does not say what it reduces.
        UnknownNameError: there is no such profile.
    """
    study = {key: value for key, value in values.items() if key != "profile"}
    profiles = values.get("profile", {})
    if not isinstance(profiles, dict):
        raise UserError(f"{place}: profile must be a table, such as [profile.reduced]")
    for known, profile in profiles.items():
        if not isinstance(profile, dict) or not isinstance(profile.get("reduces"), str):
            raise UserError(f'{place}: [profile.{known}] must say reduces = "what it reduces"')
    if name is None:
        return study
    if name not in profiles:
        raise UnknownNameError("profile", name, profiles, place)
    return _laid_over(study, profiles[name])


def _laid_over(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with those of ``over`` in their place.

    Tables go key by key, but one that names something (an optimiser, a data set) is replaced whole.
    """
    tables = {
        key: _laid_over(values[key], value)
        for key, value in over.items()
        if isinstance(value, dict) and isinstance(values.get(key), dict) and "name" not in value
    }
    return {**values, **over, **tables}
