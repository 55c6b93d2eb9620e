"""Many call-site names in few words, without losing one."""

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

Pattern = tuple[tuple[str, ...], ...]
"""A call-site name cut at its dots, with the alternatives of each part."""


def fold(names: Iterable[str]) -> str:
    """Write call-site names short: ``layer1.0.conv1`` … as ``layer1-3.0-2.conv1``.

    Parts that take all the same values in the same company are written as alternatives:
    ``conv1-2`` or, where they do not count on, ``{conv1,relu}``. Each combination of the
    alternatives is one of ``names`` and the other way round.
    """
    return _folded_once(tuple(names))


@lru_cache(maxsize=4096)  # a decision's sites are named in every trial that takes it
def _folded_once(names: tuple[str, ...]) -> str:
    by_length: dict[int, list[Pattern]] = {}
    for name in sorted(set(names), key=natural):
        pattern = tuple((part,) for part in name.split("."))
        by_length.setdefault(len(pattern), []).append(pattern)
    folded = (pattern for patterns in by_length.values() for pattern in _folded(patterns))
    return ", ".join(".".join(map(_alternatives, pattern)) for pattern in folded)


@cache  # a study has few call sites and names them in each trial
def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Return a sorting key that puts ``layer2`` before ``layer10``."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)


def _folded(patterns: Sequence[Pattern]) -> Sequence[Pattern]:
    """Join patterns of equal length as far as that goes, from the last part to the first."""
    for position in reversed(range(len(patterns[0]))):
        patterns = _merged(patterns, position)
    return patterns


def _merged(patterns: Iterable[Pattern], position: int) -> list[Pattern]:
    """Join those patterns that differ in the part at ``position`` only."""
    found: dict[tuple[Pattern, Pattern], tuple[str, ...]] = {}
    for pattern in patterns:
        company = (pattern[:position], pattern[position + 1 :])
        found[company] = (*found.get(company, ()), *pattern[position])
    return [(*before, parts, *after) for (before, after), parts in found.items()]


def _alternatives(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    numbered = [re.fullmatch(r"(\D*)(0|[1-9]\d*)", part) for part in parts]
    stems = {match[1] for match in numbered if match}
    if len(stems) == 1 and all(numbered):
        return stems.pop() + _ranges([int(match[2]) for match in numbered if match])
    return "{" + ",".join(parts) + "}"


def _ranges(numbers: Iterable[int]) -> str:
    """Write ascending ``numbers`` as ``0-2`` or ``{0-2,4}``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return texts[0] if len(texts) == 1 else "{" + ",".join(texts) + "}"
