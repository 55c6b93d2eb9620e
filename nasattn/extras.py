"""Libraries that only some installations have."""

import importlib
from types import ModuleType

from nasattn.errors import UserError


def import_timm(wanted: str) -> ModuleType:
    """Import timm, which takes a second, for something that needs it.

    Args:
        wanted: What needs it, for the error.

    Raises:
        UserError: timm is not installed.
    """
    try:
        return importlib.import_module("timm")
    except ImportError as error:
        raise UserError(f"{wanted} needs timm ({error}): pip install 'nasattn[timm]'") from None
