"""The errors that nasattn raises on purpose; every message is one line.

NasattnError
├── UserError            the user's mistake: exit code 2
│   ├── UnknownNameError a name that is not known, with the known ones and the nearest
│   └── UnknownTrialError a number that no trial of the study has
├── FailedError          the machine's or the study's failure: exit code 1
│   └── WriteError       a file or the storage cannot be written: nothing more can be kept
│       └── LostError    the storage does not answer for the moment
└── StoppedError         asked to stop: exit code 130
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

# Of more names than this only the nearest are listed.
_MOST_LISTED, _NUM_NEAREST = 40, 5


class NasattnError(Exception):
    """Base of all errors below; ``exit_code`` is what the command line returns for it."""

    exit_code = 1


class UserError(NasattnError):
    """The user's mistake: the message names the thing, the place, the value and the rule."""

    exit_code = 2


class UnknownNameError(UserError):
    """A name that is not known.

    Args:
        kind: What was looked for, e.g. ``"attention module"``.
        name: What was given.
        known: The names that would do.
        place: Where it was given, e.g. ``"search_spaces/x.toml [choice 1].options"``.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], place: str = "") -> None:
        names = sorted(known)
        near = get_close_matches(str(name), names, n=1)
        where = f" in {place}" if place else ""
        guess = f'; did you mean "{near[0]}"?' if near else ""
        super().__init__(f'no {kind} "{name}"{where}; {_listed(str(name), names)}{guess}')
        self.kind, self.name, self.known = kind, name, tuple(names)


class UnknownTrialError(UserError):
    """A number that no trial has.

    Args:
        number: What was given.
        known: The numbers that there are, ascending.
        study: The study's name, where that is not plain.
    """

    def __init__(self, number: int, known: Sequence[int], study: str | None = None) -> None:
        where = "the study" if study is None else f'study "{study}"'
        what = f"its trials are {known[0]} to {known[-1]}" if known else "it has no trials yet"
        super().__init__(f"no trial {number} in {where}: {what}")


def _listed(name: str, names: list[str]) -> str:
    if len(names) <= _MOST_LISTED:
        return f"known: {', '.join(names)}"
    near = get_close_matches(name, names, n=_NUM_NEAREST, cutoff=0)
    return f"known: {', '.join(near)} and {len(names) - len(near)} others"


class FailedError(NasattnError):
    """The machine or the study failed through no mistake in the user's input."""


class WriteError(FailedError):
    """A file or the storage cannot be written; what was written before is untouched."""


class LostError(WriteError):
    """The storage does not answer for the moment: the same may be asked of it again later."""


class StoppedError(NasattnError):
    """The user asked to stop; what was done so far is kept."""

    exit_code = 130
