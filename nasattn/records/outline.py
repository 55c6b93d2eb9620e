"""The outline of a study: its network's sites and its space's decisions, as kept when it is made.

With it the reading commands know stages, blocks and what each option costs without building
anything. Studies of older versions have none until they are gone on with.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasattn.errors import UserError

OUTLINE_FILE = "outline.json"


@dataclass(frozen=True, slots=True)
class KeptSite:
    """One place in the backbone that can take a module.

    Attributes:
        slot: Its slot kind.
        at: Its call.
        stage: Number of the group of equal map size.
        block: Name of its block.
        channels: Of the map there.
        size: (H, W) of the map there.
    """

    slot: str
    at: str
    stage: int
    block: str
    channels: int
    size: tuple[int, int]

    @property
    def name(self) -> str:
        """The name of the site, ``slot:at``."""
        return f"{self.slot}:{self.at}"


@dataclass(frozen=True, slots=True)
class KeptOption:
    """What a decision may put at its sites.

    Attributes:
        module: The attention module; None leaves the sites as the backbone has them.
        hyperparameters: Domain of each that the space mentions: a list of values, or a mapping
            with low, high and log.
        costs: The least and the most that it adds, by cost, over the hyperparameters' values.
    """

    module: str | None
    hyperparameters: Mapping[str, Any]
    costs: Mapping[str, tuple[int, int]]

    @property
    def word(self) -> str:
        """The module's name or ``none``."""
        return self.module or "none"


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """One decision of the search space.

    Attributes:
        name: Its parameter's name.
        choice: The choice that it belongs to.
        slot: The slot kind that the choice names.
        sites: Names of the sites that it governs.
        options: What may stand there.
        variance: Of what it adds to each cost, over its outcomes.
    """

    name: str
    choice: str
    slot: str
    sites: tuple[str, ...]
    options: tuple[KeptOption, ...]
    variance: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a study's network and space.

    Attributes:
        sites: In the order of the forward pass, by stage.
        decisions: In the order of the space; none where the study lists variants.
    """

    sites: tuple[KeptSite, ...]
    decisions: tuple[KeptDecision, ...]

    def stages_of(self, decision: KeptDecision) -> tuple[int, ...]:
        """Return the stages in which a decision has sites, ascending."""
        governed = set(decision.sites)
        return tuple(sorted({site.stage for site in self.sites if site.name in governed}))


def load_outline(folder: Path) -> Outline | None:
    """Read the outline of a run folder; None where it has none.

    Raises:
        UserError: the file cannot be read or is damaged.
    """
    file = folder / OUTLINE_FILE
    if not file.is_file():
        return None
    try:
        return outline_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        again = "delete it, and `nasattn resume` writes it anew"
        raise UserError(f"{file}: broken: {error!r}; {again}") from None


def outline_of(values: Mapping[str, Any]) -> Outline:
    """Return the outline of the plain values that the file holds."""
    sites = tuple(map(kept_site, values["sites"]))
    return Outline(sites, tuple(map(_decision, values["decisions"])))


def kept_site(values: Mapping[str, Any]) -> KeptSite:
    """Return a site of the plain values that ``nasattn sites --json`` has of it."""
    height, width = values["size"]
    return KeptSite(
        slot=str(values["slot"]),
        at=str(values["at"]),
        stage=int(values["stage"]),
        block=str(values["block"]),
        channels=int(values["channels"]),
        size=(int(height), int(width)),
    )


def _decision(values: Mapping[str, Any]) -> KeptDecision:
    return KeptDecision(
        name=str(values["name"]),
        choice=str(values["choice"]),
        slot=str(values["slot"]),
        sites=tuple(map(str, values["sites"])),
        options=tuple(map(_option, values["options"])),
        variance={cost: float(found) for cost, found in values["variance"].items()},
    )


def _option(values: Mapping[str, Any]) -> KeptOption:
    costs = {cost: (int(low), int(high)) for cost, (low, high) in values["costs"].items()}
    return KeptOption(values["module"], dict(values["hyperparameters"]), costs)
