"""What the keeper of a crew holds of each of its workers, wherever that runs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from nasattn.search.crew.orders import Orders
from nasattn.search.working.running import OpenStudy


class Link(Protocol):
    """A worker at the other end."""

    @property
    def code(self) -> int | None:
        """Return the exit code, negative where a signal ended it; None while it works."""

    def lines(self) -> Iterator[str]:
        """Yield what it says, until it has ended; called once, by a thread of its own."""

    def dismiss(self) -> None:
        """Ask it to pause its trial and to leave."""

    def wait(self) -> None:
        """Wait, after `dismiss` or its end, until ``lines`` comes to its end."""


Start = Callable[[OpenStudy, Orders], Sequence[Link]]
"""Starts the workers of a crew; the orders' device is for it to say."""
