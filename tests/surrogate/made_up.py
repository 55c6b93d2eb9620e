"""Architectures and trials for laws of the model, made up."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from nasattn.surrogate.belief import Observation
from nasattn.surrogate.content import Content
from nasattn.surrogate.encoding import Slot

SLOTS = (Slot("activation", 2), Slot("activation"), Slot("block_end"), Slot("block_end", 3))
EPOCHS = 9

_NUMBERS = st.one_of(st.integers(-4, 64), st.floats(1e-5, 1e-1))
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.none(),
    st.builds(lambda r: ("atac", (("bias", r > 8), ("ratio", r))), st.integers(1, 64)),
    st.builds(lambda p: ("nam", (("attend", "channel"), ("penalty", p))), st.floats(1e-5, 1e-2)),
    st.builds(lambda x: ("own", (("strength", x),)), _NUMBERS),
    st.just(("ortho", ())),
)
ARCHITECTURES = st.tuples(*(CONTENTS for _ in SLOTS))


def some_architectures(size: int, chance: np.random.Generator) -> list[tuple[Content, ...]]:
    """Draw architectures."""
    choices: list[Content] = [None, ("ortho", ())]
    choices += [("eca", (("kernel_size", k),)) for k in (3, 5, 9)]
    return [tuple(choices[chance.integers(len(choices))] for _ in SLOTS) for _ in range(size)]


def some_trials(
    size: int, seed: int, *, noise: float = 0.0, lengths: Sequence[int] = (EPOCHS,)
) -> list[Observation]:
    """Make up trials whose accuracy is a sum over slots, with curves of these lengths in turn."""
    chance = np.random.default_rng(seed)
    found = []
    for number, contents in enumerate(some_architectures(size, chance)):
        parts = [len(c[0]) * (slot + 1) for slot, c in enumerate(contents) if c]
        final = 0.8 + 0.01 * sum(parts) / len(SLOTS) + noise * chance.normal()
        curve = [final - 0.3 * (1 - e / EPOCHS) ** 2 for e in range(1, EPOCHS + 1)]
        cost = sum(parts) / 30 + 0.2 * chance.random()
        found.append(
            Observation(number, contents, (cost,), curve[: lengths[number % len(lengths)]])
        )
    return found
