"""Attention modules that others wrote, found by name when they are asked for.

``timm:NAME`` is one of timm's, ``package.module:Class`` the user's own, and a plain name may be
an entry point of an installed package.
"""

import functools
from importlib.metadata import EntryPoint, entry_points

from nasattn.attention.constructed import entry_of
from nasattn.attention.entry import Entry
from nasattn.errors import UnknownNameError
from nasattn.extras import import_timm
from nasattn.user_code import imported

EXTERNAL_FORMS = ("package.module:Class", "timm:NAME")
"""How the names of modules that others wrote look."""

ENTRY_POINT_GROUP = "nasattn.attention"
"""The group in which a package lists its attention modules: ``name = "package.module:Class"``."""

# timm has a function from names to classes, and no list of the names.
# fmt: off
_TIMM_NAMES = (
    "bat", "bottleneck", "cbam", "ceca", "coord", "eca", "ecam", "ela", "ese", "gc", "gca", "ge",
    "halo", "lambda", "lcbam", "nl", "scoord", "se", "sk", "splat", "strip",
)
# fmt: on
_TIMM_URL = "https://github.com/huggingface/pytorch-image-models"


@functools.cache
def external_entry(name: str) -> Entry:
    """Return the entry of a module that others wrote.

    Args:
        name: ``timm:NAME``, a name of timm's ``create_attn``; ``package.module:Class``; or the
            name of an entry point.

    Raises:
        UnknownNameError: there is no such module.
        UserError: timm is not installed, or the class cannot be imported.
    """
    library, _, rest = name.partition(":")
    if library == "timm":
        return _timm_entry(name, rest)
    path = name if rest else installed()[name].value
    constructor = imported("attention module", path)
    return entry_of(name, constructor)


@functools.cache
def installed() -> dict[str, EntryPoint]:
    """Return the entry points of installed packages by name."""
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def _timm_entry(name: str, rest: str) -> Entry:
    timm = import_timm(f"attention module {name}")
    if rest not in _TIMM_NAMES:
        raise UnknownNameError("timm attention module", rest, _TIMM_NAMES)
    constructor = timm.layers.get_attn(rest)
    written = getattr(constructor, "func", constructor)
    return entry_of(name, constructor, f"timm's {written.__name__}", _TIMM_URL)
