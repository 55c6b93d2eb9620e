"""Options that several commands share, gathered into one value."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

Command = Callable[..., None]


def gathered(name: str, make: Callable[..., Any]) -> Callable[[Command], Command]:
    """Return what gives a command the options of ``make``, after its own.

    Args:
        name: Of the command's keyword that gets what ``make`` returns of them.
        make: Takes the options as keywords.
    """
    shared = inspect.signature(make).parameters

    def gather(command: Command) -> Command:
        @wraps(command)
        def asked(*arguments: Any, **keywords: Any) -> None:
            given = {key: keywords.pop(key) for key in shared if key in keywords}
            command(*arguments, **keywords, **{name: make(**given)})

        own = [p for key, p in inspect.signature(command).parameters.items() if key != name]
        every = [*own, *shared.values()]
        asked.__annotations__ = {p.name: p.annotation for p in every}
        vars(asked)["__signature__"] = inspect.Signature(every)  # what typer reads
        return asked

    return gather
