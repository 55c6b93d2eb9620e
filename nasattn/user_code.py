"""Running what the user wrote: whatever happens in it ends with one line."""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from nasattn.errors import UserError


@contextlib.contextmanager
def guarded(what: str) -> Iterator[None]:
    """Run code of the user's; ``what`` begins the message where it fails.

    What it prints goes to standard error: standard output is for results alone.

    Raises:
        UserError: it raised, or called ``sys.exit``.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (ImportError, AttributeError) as error:
        raise UserError(f"{what}: {' '.join(str(error).split())}") from error
    except Exception as error:
        raise UserError(f"{what}: {error!r}") from error
    except SystemExit as error:
        raise UserError(f"{what}: it called sys.exit({error.code!r})") from error


def imported(kind: str, path: str) -> Callable[..., Any]:
    """Return what ``package.module:name`` names.

    Args:
        kind: What it is used as, ``backbone`` or ``data set``.
        path: Where it is.

    Raises:
        UserError: it cannot be imported, or cannot be called.
    """
    module_name, _, attribute = path.partition(":")
    with guarded(f"{kind} {path} cannot be imported"):
        found = getattr(importlib.import_module(module_name), attribute)
    if not callable(found):
        raise UserError(f"{kind} {path}: {type(found).__name__}, but must be a function or class")
    return found  # type: ignore[no-any-return]  # whatever the user's module holds
