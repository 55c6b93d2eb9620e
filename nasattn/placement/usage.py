"""What the callers of a module give for its optional arguments."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from torch import fx, nn


@dataclass(frozen=True, slots=True)
class Usage:
    """Optional arguments (those that default to None) of which all callers make one use.

    Attributes:
        always: Those that every caller gives.
        never: Those that no caller gives.
    """

    always: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


UNKNOWN = Usage()


def optional_arguments(module: nn.Module) -> list[str]:
    """Return the arguments of a module's ``forward`` that default to None."""
    parameters = inspect.signature(module.forward).parameters.values()
    return [parameter.name for parameter in parameters if parameter.default is None]


def refuse_argument(value: object) -> None:
    """Refuse a value for an argument that a graph was told is never given."""
    if value is not None:
        raise ValueError("an argument that no caller gave when slots were opened")


def bind_absent(module: nn.Module, graph: fx.Graph) -> None:
    """Give the arguments that a graph was told are None their names and a check that pickles.

    fx renames such an argument and checks it by a function that breaks every later trace once
    the graph was unpickled.
    """
    names = list(inspect.signature(module.forward).parameters)
    arguments = [node for node in graph.nodes if node.op == "placeholder"]
    for node, name in zip(arguments, names, strict=False):
        for check in [user for user in node.users if _is_check(user)]:
            node.target = name
            with graph.inserting_before(check):
                graph.call_function(refuse_argument, (node,))
            graph.erase_node(check)


def _is_check(node: fx.Node) -> bool:
    return getattr(node.target, "__name__", "") == "_assert_is_none"


Callers = Mapping[int, tuple[fx.Graph, nn.Module, Usage]]
"""The traced modules, by ``id``: graph, module and what is known of their own arguments."""


def usage_of(module: nn.Module, parents: Iterable[nn.Module], callers: Callers) -> Usage:
    """Return the usage of ``module``, as far as the graphs of its callers tell.

    Args:
        module: The called module.
        parents: All modules that could call it: those that it lies in.
        callers: Those of them that are traced.
    """
    optional = optional_arguments(module)
    above = [callers.get(id(parent)) for parent in parents]
    if not optional or None in above:
        return UNKNOWN
    given = [call for caller in above if caller for call in _given(module, *caller)]
    if not given:
        return UNKNOWN
    return Usage(
        frozenset(
            name for name in optional if all(call.get(name, False) is True for call in given)
        ),
        frozenset(
            name for name in optional if all(call.get(name, False) is False for call in given)
        ),
    )


def _given(
    module: nn.Module, graph: fx.Graph, caller: nn.Module, usage: Usage
) -> Iterator[dict[str, bool | None]]:
    """Yield, for each call of ``module``, which arguments it gives; None where unknown."""
    signature = inspect.signature(module.forward)
    for node in graph.nodes:
        if node.op == "call_module" and caller.get_submodule(str(node.target)) is module:
            bound = signature.bind(*node.args, **node.kwargs)
            yield {name: _is_given(value, usage) for name, value in bound.arguments.items()}


def _is_given(value: object, usage: Usage) -> bool | None:
    if isinstance(value, fx.Node) and value.op == "placeholder" and value.args == (None,):
        return True if value.target in usage.always else None  # passed on as the caller got it
    return value is not None
