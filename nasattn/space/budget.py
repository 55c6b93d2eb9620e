"""Upper bounds on cost, as files and the command line write them."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from nasattn.cost import Totals
from nasattn.errors import UserError
from nasattn.schema import Strict, validate

_RELATIVE = re.compile(r"(\d+(\.\d*)?|\.\d+)x")


def _check_limit(value: Any) -> Any:
    if type(value) is int and value > 0:
        return value
    if isinstance(value, str) and _RELATIVE.fullmatch(value):
        return value
    raise ValueError(
        f'{value!r} must be a positive whole number, or relative to the bare backbone: "1.05x"'
    )


Limit = Annotated[int | str, BeforeValidator(_check_limit)]


class Budget(Strict):
    """Upper bounds on cost, absolute or relative to the bare backbone (``"1.05x"``).

    Costs that are known without building a network only: which architectures keep to a budget
    must be known before any of them is a trial, and latency is measured.
    """

    params: Limit | None = None
    flops: Limit | None = None

    def bounds(self, bare: Totals) -> dict[str, int]:
        """Return the bound of each cost that has one.

        Args:
            bare: The cost of the bare backbone.
        """
        limits = {"params": self.params, "flops": self.flops}
        return {cost: _bound(limit, getattr(bare, cost)) for cost, limit in limits.items() if limit}


def parse_budget(text: str, place: str) -> Budget:
    """Read ``params=1.05x,flops=2000000``.

    Args:
        text: Costs with their limits.
        place: The option's name, for errors.

    Raises:
        UserError: a part is not ``COST=LIMIT``, a cost is unknown, or a limit is none.
    """
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(cost.strip() and limit.strip() for cost, _, limit in pairs):
        raise UserError(f"{place} {text}: must be COST=LIMIT,…, such as params=1.05x,flops=2000000")
    values = {cost.strip(): _number(limit.strip()) for cost, _, limit in pairs}
    return validate(Budget, values, place)


def _number(text: str) -> int | str:
    digits = text.replace("_", "")
    return int(digits) if digits.isdecimal() else text


def _bound(limit: int | str, bare: int) -> int:
    # Decimal: 1.15 × 100 is 115, not 114.99….
    return limit if isinstance(limit, int) else int(Decimal(limit.removesuffix("x")) * bare)
