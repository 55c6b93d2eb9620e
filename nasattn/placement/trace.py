"""One-level tracing: the graph of a module's own ``forward``, its children as leaves."""

from dataclasses import dataclass
from typing import Any

from torch import fx, nn


class _OneLevelTracer(fx.Tracer):
    """Keeps every child a leaf, so that the backbone's own Python stays in charge of it."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Untraceable:
    """Why a module's own ``forward`` cannot be rewritten."""

    reason: str


def trace_own_forward(module: nn.Module) -> fx.Graph | Untraceable:
    """Trace ``module`` in training and in evaluation, leaving it as it was.

    A module whose graphs differ would be frozen in one of the two by a rewrite
    (stochastic depth on in evaluation, batch statistics never updated): it is refused.
    """
    training = module.training
    try:
        module.training = True
        in_training = _OneLevelTracer().trace(module)
        module.training = False
        in_evaluation = _OneLevelTracer().trace(module)
    except Exception as error:
        return Untraceable(f"cannot be traced: {_first_line(error)}")
    finally:
        module.training = training
    if _source(in_training) != _source(in_evaluation):
        return Untraceable("its forward differs between training and evaluation")
    return in_evaluation


def _source(graph: fx.Graph) -> str:
    return graph.python_code("self").src


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def leaves(module: nn.Module, graph: fx.Graph) -> dict[str, nn.Module]:
    """Return the modules that a graph of ``module`` calls, by target."""
    targets: set[Any] = {node.target for node in graph.nodes if node.op == "call_module"}
    return {str(target): module.get_submodule(str(target)) for target in targets}
