"""Options that several commands share, gathered into one value."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Returned = TypeVar("Returned")


def gathered(
    name: str, make: Callable[..., Any]
) -> Callable[[Callable[..., Returned]], Callable[..., Returned]]:
    """Return what gives a function the options of ``make``, after its own.

    Args:
        name: Of the function's keyword that gets what ``make`` returns of them.
        make: Takes the options as keywords.
    """
    shared = inspect.signature(make).parameters

    def gather(command: Callable[..., Returned]) -> Callable[..., Returned]:
        @wraps(command)
        def asked(*arguments: Any, **keywords: Any) -> Returned:
            given = {key: keywords.pop(key) for key in shared if key in keywords}
            return command(*arguments, **keywords, **{name: make(**given)})

        own = [p for key, p in inspect.signature(command).parameters.items() if key != name]
        every = [*own, *shared.values()]
        asked.__annotations__ = {p.name: p.annotation for p in every}
        vars(asked)["__signature__"] = inspect.Signature(every)  # what typer reads
        return asked

    return gather
