"""Which sites each choice governs, and which of them share one decision."""

from collections.abc import Iterable, Sequence

from nasattn.attention import SlotKind
from nasattn.errors import UserError
from nasattn.placement import Site, Sites
from nasattn.space.filters import call_site, filter_words, passing
from nasattn.space.schema import Choice, Scope

_NUM_EXAMPLES = 6


def governed_sites(choice: Choice, found: Sites, backbone: str, place: str) -> tuple[Site, ...]:
    """Return the sites that ``choice`` governs, in the backbone's order.

    An ``after_conv`` choice also governs a block end that is the point after a convolution.

    Args:
        choice: One ``[[choice]]`` table.
        found: All sites of the backbone.
        backbone: The backbone's name, for errors.
        place: The file and the table, ``x.toml [choice 1]``.

    Raises:
        UserError: the backbone has no such site, or its filters leave none of them.
    """
    of_kind = [site for site in found.sites if _is_meant(choice.slot, site)]
    if not of_kind:
        raise UserError(f"{place}.slot: {_no_site(choice.slot, found, backbone)}")
    matching = passing(choice, choice.slot, of_kind)
    if not matching:
        names = _examples(call_site(site, choice.slot) for site in of_kind)
        raise UserError(
            f"{place}: no {choice.slot} site passes {filter_words(choice.given())}; "
            f"names there: {names}"
        )
    return matching


def check_disjoint(
    choices: Sequence[Choice], governed: Sequence[Iterable[Site]], place: str
) -> None:
    """Refuse two choices that govern one site.

    Raises:
        UserError: naming the two choices and the site.
    """
    owners: dict[str, Choice] = {}
    for choice, sites in zip(choices, governed, strict=True):
        for site in sites:
            owner = owners.setdefault(site.name, choice)
            if owner is not choice:
                raise UserError(
                    f'{place}: choices "{owner.name}" and "{choice.name}" both govern {site.name}; '
                    "narrow one of them with where, unless, stages or channels"
                )


def group_sites(choice: Choice, sites: Iterable[Site]) -> dict[str, tuple[Site, ...]]:
    """Group ``sites`` by the scope of ``choice``.

    Returns:
        The sites of each decision by its name: ``gate``, ``gate.stage2``,
        ``gate.layer1.0`` or ``gate.layer1.0.conv1``.
    """
    groups: dict[str, tuple[Site, ...]] = {}
    for site in sites:
        name = _decision_name(choice, site)
        groups[name] = (*groups.get(name, ()), site)
    return groups


def _decision_name(choice: Choice, site: Site) -> str:
    match choice.scope:
        case Scope.NETWORK:
            return choice.name
        case Scope.STAGE:
            return f"{choice.name}.stage{site.stage}"
        case Scope.BLOCK:
            return f"{choice.name}.{site.block}"
        case Scope.SITE:
            return f"{choice.name}.{call_site(site, choice.slot)}"


def _is_meant(slot: SlotKind, site: Site) -> bool:
    at_conv = slot is SlotKind.AFTER_CONV and site.slot is SlotKind.BLOCK_END
    return site.slot is slot or (at_conv and site.follows is not None)


def _no_site(slot: SlotKind, found: Sites, backbone: str) -> str:
    counts = {kind: sum(site.slot is kind for site in found.sites) for kind in SlotKind}
    has = ", ".join(f"{kind} ({count})" for kind, count in counts.items() if count) or "none"
    refused = f"; {_refusals(slot, found)}" if found.refused else ""
    advice = ""
    if slot is SlotKind.BLOCK_END and counts[SlotKind.AFTER_CONV]:
        after = next(site.at for site in found.sites if site.slot is SlotKind.AFTER_CONV)
        advice = f'; in a plain network use slot = "after_conv" with where = "{after}"'
    return f"{backbone} has no {slot} site; it has: {has}{refused}{advice}"


def _refusals(slot: SlotKind, found: Sites) -> str:
    """Say how many places are refused, and why the first is that may be of the kind."""
    count = len(found.refused)
    said = f"{count} places are refused" if count > 1 else "1 place is refused"
    others = tuple(f"{kind}:" for kind in SlotKind if kind is not slot)
    for refusal in found.refused:
        if not refusal.module.startswith(others):
            return f"{said}: {refusal.module} ({refusal.reason})"
    return said


def _examples(names: Iterable[str]) -> str:
    """Write the first names, the last one, and how many there are."""
    unique = list(dict.fromkeys(names))
    if len(unique) <= _NUM_EXAMPLES:
        return ", ".join(unique)
    return f"{', '.join(unique[: _NUM_EXAMPLES - 1])}, … {unique[-1]} ({len(unique)} names)"
