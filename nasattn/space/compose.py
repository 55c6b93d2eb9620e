"""A search-space file from a few words: what ``nasattn space new`` writes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn import attention
from nasattn.attention import SlotKind
from nasattn.errors import UnknownNameError
from nasattn.placement import Sites
from nasattn.space.requests import Request
from nasattn.space.schema import Scope, SpaceFile, toml_key
from nasattn.space.space import find_sites_of

_NAMES = {
    SlotKind.BEFORE_CONV: "gate",
    SlotKind.ACTIVATION: "activation",
    SlotKind.AFTER_CONV: "refine",
    SlotKind.BLOCK_END: "attend",
}
_SLOTS = {
    SlotKind.BEFORE_CONV: "the input of a convolution",
    SlotKind.ACTIVATION: "in place of an activation",
    SlotKind.AFTER_CONV: "after a convolution and its norm",
    SlotKind.BLOCK_END: "the end of a residual branch, before the addition",
}
_SCOPES = {
    Scope.NETWORK: "one decision for all sites",
    Scope.STAGE: "one decision per stage (group of equal map size)",
    Scope.BLOCK: "one decision per block",
    Scope.SITE: "one decision per site",
}
_HEADER = """\
# Which attention modules may stand where in {backbone}.
# `nasattn space show` tells how many architectures these are and what they cost.
"""


def compose(file: SpaceFile, requests: Sequence[Request], scope: str, place: str) -> str:
    """Return the text of a search-space file.

    Args:
        file: Backbone, its arguments and input shape; without choices.
        requests: The modules; those of one slot kind share a choice.
        scope: The scope of every choice.
        place: Name of the file to be, for errors.

    Returns:
        Commented TOML.

    Raises:
        UnknownNameError: an unknown backbone or scope.
        UserError: the backbone does not take these arguments or this input shape.
    """
    if scope not in set(Scope):
        raise UnknownNameError("scope", scope, list(Scope), "--scope")
    _, found = find_sites_of(file, place)
    chosen: dict[SlotKind, list[Request]] = {}
    for request in requests:
        chosen.setdefault(request.slot or _usual_slot(request.module, found), []).append(request)
    choices = [_choice(slot, chosen[slot], Scope(scope)) for slot in SlotKind if slot in chosen]
    return "\n".join([_head(file), *choices])


def _usual_slot(module: str, found: Sites) -> SlotKind:
    """Return where a module's authors place it, as far as the backbone has such sites."""
    if SlotKind.ACTIVATION in attention.get(module).slots:
        return SlotKind.ACTIVATION
    if module == "gct":
        return SlotKind.BEFORE_CONV
    has_ends = any(site.slot is SlotKind.BLOCK_END for site in found.sites)
    return SlotKind.BLOCK_END if has_ends else SlotKind.AFTER_CONV


def _head(file: SpaceFile) -> str:
    lines = [_HEADER.format(backbone=file.backbone) + _line("backbone", file.backbone)]
    if file.input_shape:
        lines.append(_line("input_shape", list(file.input_shape)))
    if file.backbone_args:
        lines += ["", "[backbone_args]"]
        lines += [_line(key, value) for key, value in file.backbone_args.items()]
    return "\n".join(lines) + "\n"


def _choice(slot: SlotKind, requests: Iterable[Request], scope: Scope) -> str:
    asked = list(requests)
    nothing = "keep" if slot is SlotKind.ACTIVATION else "none"
    meaning = "the backbone's own" if slot is SlotKind.ACTIVATION else "nothing there"
    commented = {
        _line("name", _NAMES[slot]): "prefix of its parameters",
        _line("slot", slot.value): _SLOTS[slot],
        _line("scope", scope.value): _SCOPES[scope],
    }
    width = max(map(len, commented))
    lines = [f"{line:<{width}}  # {comment}" for line, comment in commented.items()]
    options = _line("options", [nothing, *(r.module for r in asked)])
    tables = [
        _line(f"{toml_key(request.module)}.{key}", value)
        for request in asked
        for key, value in request.table.items()
    ]
    text = ["[[choice]]", *lines, f"{options}  # {nothing}: {meaning}", *tables]
    return "\n".join(text) + "\n"


def _line(key: str, value: Any) -> str:
    return f"{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    """Write a value as TOML in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_line(key, item) for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    # JSON's strings, numbers, true and false are TOML's too.
    return json.dumps(value, ensure_ascii=False)
