"""Architectures as arrays: at each slot a number for what stands there."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array, Indices
from nasattn.surrogate.content import Content, coarse, similarity


class Slot(NamedTuple):
    """Sites that always hold the same.

    Attributes:
        kind: What is alike about slots: effects are shared among those of one kind.
        num_sites: How many sites it stands for.
    """

    kind: str
    num_sites: int = 1


class Encoding:
    """Numbers the contents that it meets, and compares architectures.

    Every kind of slot weighs the same, and in it every site.

    Args:
        slots: Of every architecture, in order.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(slots)
        kinds = sorted({slot.kind for slot in slots})
        self._kind_of = [kinds.index(slot.kind) for slot in slots]
        sites = [sum(s.num_sites for s in slots if s.kind == kind) for kind in kinds]
        self._shares = [
            slot.num_sites / sites[kind] for slot, kind in zip(slots, self._kind_of, strict=True)
        ]
        self._num_kinds = len(kinds)
        self._numbers: dict[Content, int] = {}
        self._coarse: list[Content] = []
        self._known: dict[Content, int] = {}
        self._similarity = np.zeros((0, 0))
        self._compared: tuple[Indices, list[Indices], Array] | None = None

    def encode(self, architectures: Sequence[Sequence[Content]]) -> Indices:
        """Return the number of what stands at each slot.

        Args:
            architectures: N of them, each with a content for each of the G slots.

        Returns:
            (N, G).
        """
        numbers = [[self._number(content) for content in one] for one in architectures]
        return np.array(numbers, dtype=np.intp).reshape(len(numbers), len(self.slots))

    def _number(self, content: Content) -> int:
        found = self._numbers.get(content)
        if found is None:
            shown = coarse(content)
            found = self._known.setdefault(shown, len(self._known))
            if found == len(self._coarse):
                self._coarse.append(shown)
            self._numbers[content] = found
        return found

    @property
    def alike(self) -> Array:
        """How alike the contents are that were met, (V, V)."""
        if len(self._similarity) < len(self._coarse):
            self._similarity = similarity(self._coarse)
        return self._similarity

    def site_by_site(self, first: Indices, second: Indices) -> Array:
        """Return how alike architectures are at the same sites, on average: 1 where equal.

        Args:
            first: (M, G) as ``encode`` returns them.
            second: (N, G).

        Returns:
            (M, N).
        """
        if not self.slots:
            return np.ones((len(first), len(second)))
        held, right = self._held(second)
        left = [
            share / self._num_kinds * self.alike[np.ix_(first[:, slot], contents)]
            for slot, (share, contents) in enumerate(zip(self._shares, held, strict=True))
        ]
        found: Array = np.hstack(left) @ right
        return found

    def _held(self, codes: Indices) -> tuple[list[Indices], Array]:
        """Return what is held at each slot, and by which of N: a row of ones for each.

        What many are compared with one after another, the observed, is looked at once.
        """
        if self._compared is None or self._compared[0] is not codes:
            parts = [np.unique(column, return_inverse=True) for column in codes.T]
            right = np.vstack([np.eye(len(contents))[:, where] for contents, where in parts])
            self._compared = codes, [contents for contents, _ in parts], right
        return self._compared[1:]

    def wherever(self, first: Indices, second: Indices) -> Array:
        """Return how alike architectures are by how much of what they hold, wherever it stands.

        With n_v the share of a kind's sites that hold v, it is Σ_v Σ_w n_v s_vw n'_w, averaged
        over kinds. Shapes are those of ``site_by_site``.
        """
        if not self.slots:
            return np.ones((len(first), len(second)))
        pairs = zip(self._amounts(first), self._amounts(second), strict=True)
        total = sum(one @ self.alike @ other.T for one, other in pairs)
        return np.asarray(total / self._num_kinds)

    def wherever_itself(self, codes: Indices) -> Array:
        """Return the diagonal of ``wherever(codes, codes)``, (N,)."""
        if not self.slots:
            return np.ones(len(codes))
        total = sum(((one @ self.alike) * one).sum(axis=1) for one in self._amounts(codes))
        return np.asarray(total / self._num_kinds)

    def _amounts(self, codes: Indices) -> list[Array]:
        """Return, for each kind, the share of its sites that hold each content, (N, V)."""
        found = [np.zeros((len(codes), len(self.alike))) for _ in range(self._num_kinds)]
        rows = np.arange(len(codes))
        for slot, share in enumerate(self._shares):
            found[self._kind_of[slot]][rows, codes[:, slot]] += share
        return found
