"""Hyperparameters of attention modules and the rules that their values obey."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nasattn.errors import UserError

Scalar = bool | int | float | str
Size = tuple[int, int]


def _unchanged(value: Scalar) -> Scalar:
    return value


@dataclass(frozen=True, slots=True)
class Rule:
    """The legal values of one hyperparameter.

    Args:
        words: The rule for people; completes the sentence "must be ...".
        accepts: Tells whether a value, of any type, is legal.
        convert: Brings a legal value to its canonical type.
    """

    words: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], Scalar] = _unchanged


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One option of an attention module.

    Args:
        name: The option's name; the paper's symbol where it has one.
        default: The value where none is given; None where the module finds its own.
        rule: What a given value must obey.
        priced: Whether parameters or FLOPs may depend on it.
    """

    name: str
    default: Scalar | None
    rule: Rule
    priced: bool = True

    @property
    def values(self) -> str:
        """The legal values in words."""
        return self.rule.words

    def check(self, module: str, value: object) -> Scalar:
        """Return ``value`` in its canonical type.

        Raises:
            UserError: the value is illegal; names module, option, value and rule.
        """
        if not self.rule.accepts(value):
            raise UserError(f"{module}.{self.name} = {value!r}: must be {self.values}")
        return self.rule.convert(value)


def one_of(*known: str) -> Rule:
    """Return the rule that a value is one of the ``known`` words."""
    *most, last = (f'"{word}"' for word in known)
    words = f"{', '.join(most)} or {last}" if most else last
    return Rule(words, lambda value: isinstance(value, str) and value in known)


def either(first: Rule, second: Rule) -> Rule:
    """Return the rule that a value obeys ``first`` or ``second``."""
    return Rule(
        f"{first.words} or {second.words}",
        lambda value: first.accepts(value) or second.accepts(value),
        lambda value: (first if first.accepts(value) else second).convert(value),
    )


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # The comparison also refuses nan, infinities and integers that no float can hold.
    return abs(value) <= sys.float_info.max


def _as_float(value: float) -> float:
    return float(value) + 0.0  # -0.0 becomes 0.0, so that equal values are written equally


FLAG = Rule("true or false", lambda value: isinstance(value, bool))
ANY_INTEGER = Rule("an integer", _is_integer)
INTEGER = Rule("an integer of at least 1", lambda value: _is_integer(value) and value >= 1)
# A kernel or filter is made as large as it is asked for: larger ones would exhaust the memory.
SIDE = Rule("an integer from 1 to 1023", lambda value: _is_integer(value) and 1 <= value <= 1023)
ODD = Rule("an odd integer from 1 to 1023", lambda value: SIDE.accepts(value) and value % 2 == 1)
SEED = Rule(
    "an integer from 0 to 2**63 - 1", lambda value: _is_integer(value) and 0 <= value < 2**63
)
NUMBER = Rule("a number", _is_number, _as_float)
POSITIVE = Rule("a number above 0", lambda value: _is_number(value) and value > 0, _as_float)
NOT_NEGATIVE = Rule(
    "a number of at least 0", lambda value: _is_number(value) and value >= 0, _as_float
)
