"""One hyperparameter of one module, with the values that it is to have."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nasattn import attention
from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import Placement
from nasattn.space import Scalar
from nasattn.space.requests import parse_scalar


@dataclass(frozen=True, slots=True)
class Sweep:
    """One hyperparameter of one module, with the values that it is to have.

    Attributes:
        module: The attention module's name.
        hyperparameter: Its hyperparameter.
        values: At least one; each is given to all placements of the module.
    """

    module: str
    hyperparameter: str
    values: tuple[Scalar, ...]

    @property
    def factor(self) -> str:
        """Return what varies: ``atac.ratio``."""
        return f"{self.module}.{self.hyperparameter}"

    def applied(self, value: Scalar, placements: Iterable[Placement]) -> tuple[Placement, ...]:
        """Return the placements with the value given to those of the module."""
        return tuple(
            replace(placement, options=self._options(placement, value))
            if placement.module == self.module
            else placement
            for placement in placements
        )

    def _options(self, placement: Placement, value: Scalar) -> tuple[tuple[str, Scalar], ...]:
        return tuple(sorted({**dict(placement.options), self.hyperparameter: value}.items()))


def parse_sweep(text: str, placements: Iterable[Placement]) -> Sweep:
    """Read ``atac.ratio=2,4,8``.

    Args:
        text: As the command line has it.
        placements: Of the architecture that is varied.

    Raises:
        UserError: it is no sweep, a value stands there twice, or the module stands nowhere.
        UnknownNameError: the module has no such hyperparameter.
    """
    factor, equals, listed = text.partition("=")
    module, dot, name = factor.rpartition(".")
    values = tuple(parse_scalar(part.strip()) for part in listed.split(","))
    if not (module and dot and name and equals and all(value != "" for value in values)):
        raise UserError(
            f"--sweep {text}: must be MODULE.HYPERPARAMETER=VALUES, such as atac.ratio=2,4,8"
        )
    if len(set(values)) < len(values):
        raise UserError(f"--sweep {text}: a value stands there twice")
    there = sorted({placement.module for placement in placements})
    if module not in there:
        raise UserError(
            f"--sweep {text}: the architecture has no {module}; it has: "
            f"{', '.join(there) or 'no attention module'}"
        )
    known = [item.name for item in attention.get(module).hyperparameters]
    if name not in known:
        raise UnknownNameError(f"{module} hyperparameter", name, known, f"--sweep {text}")
    return Sweep(module, name, values)
