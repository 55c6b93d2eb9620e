"""Libraries that only some installations have."""

import importlib
from types import ModuleType

from nasattn.errors import UserError


def import_extra(module: str, extra: str, wanted: str) -> ModuleType:
    """Import a library for something that needs it; it may take a second.

    Args:
        module: What to import.
        extra: The extra of this package that brings it.
        wanted: What needs it, for the error.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f"{wanted} needs {extra} ({error}): pip install 'nasattn[{extra}]'"
        ) from None


def import_timm(wanted: str) -> ModuleType:
    """Import timm for ``wanted``, see `import_extra`."""
    return import_extra("timm", "timm", wanted)
