"""One-level tracing: the graph of a module's own ``forward``, its children as leaves."""

import random
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from nasattn.placement.training_flag import merged
from nasattn.placement.usage import (
    UNKNOWN,
    Usage,
    bind_absent,
    optional_arguments,
    refuse_argument,
)


class _OneLevelTracer(fx.Tracer):
    """Keeps every child a leaf, so that the backbone's own Python stays in charge of it."""

    # Else a product of buffers would be computed now and stay as it is for ever.
    proxy_buffer_attributes = True

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        # A slice of a container is made in the forward: its layers are the network's, it is not.
        if m not in (self.submodule_paths or {}):
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def create_arg(self, a: Any) -> Any:
        # torch.fx would make a plain dict of it, and what reads the output by attribute fail.
        if isinstance(a, dict) and type(a) is not dict:
            return self._create_mapping(a)
        return super().create_arg(a)

    def _create_mapping(self, mapping: Any) -> fx.Node:
        kind = type(mapping)
        if is_dataclass(mapping):
            given = {field.name: getattr(mapping, field.name) for field in fields(mapping)}
            return self.create_node("call_function", kind, (), self.create_arg(given))
        if kind is not OrderedDict:
            raise _RefusedError(f"its forward makes a {kind.__name__}, which a graph cannot hold")
        return self.create_node("call_function", kind, (self.create_arg(dict(mapping)),), {})


@dataclass(frozen=True, slots=True)
class Untraceable:
    """Why a module's own ``forward`` cannot be rewritten."""

    reason: str


class _RefusedError(Exception):
    """Carries the reason why a module is not rewritten."""


def trace_own_forward(module: nn.Module, usage: Usage = UNKNOWN) -> fx.Graph | Untraceable:
    """Trace ``module`` in training and in evaluation, leaving it as it was.

    Arguments that only repeat the training flag (a functional dropout's) read it anew at every
    call. Otherwise a module that a graph would freeze is refused: one whose graphs differ
    between training and evaluation (stochastic depth on in evaluation, batch statistics never
    updated), one that draws random numbers or changes attributes while it is traced, one that
    asks whether an optional argument was given, where ``usage`` does not tell.

    Args:
        module: The module.
        usage: Which optional arguments it is known to get, or never to get.
    """
    try:
        return _unfrozen(module, usage, ())
    except _RefusedError as error:
        first = Untraceable(str(error))
    try:
        # A traced argument is never None: say so of those that never are anything else.
        return _unfrozen(module, usage, usage.never) if usage.never else first
    except _RefusedError:
        return first


def _unfrozen(module: nn.Module, usage: Usage, absent: Iterable[str]) -> fx.Graph:
    training, attributes = module.training, _attributes(module)
    none = dict.fromkeys(absent)
    try:
        module.training = True
        in_training = _trace(module, **none)
        module.training = False
        in_evaluation = _trace(module, **none)
        _check_optional(module, in_evaluation, usage.always.union(absent), none)
        graph = merged(in_training, in_evaluation)
        if graph is None:
            raise _RefusedError("its forward differs between training and evaluation")
    except _RefusedError:
        raise
    except (Exception, SystemExit) as error:  # a user's forward may do anything
        raise _RefusedError(f"cannot be traced: {_first_line(error)}") from None
    finally:
        _restore(module, attributes)
        module.training = training
    return graph


def _trace(module: nn.Module, **concrete: Any) -> fx.Graph:
    """Trace ``module`` once; torch's own random state stays where it was."""
    before, other = _attributes(module), _python_random_state()
    with torch.random.fork_rng(devices=[]):
        state = torch.get_rng_state()
        graph = _OneLevelTracer().trace(module, concrete or None)
        bind_absent(module, graph)
        drawn = not torch.equal(state, torch.get_rng_state())
    if drawn or other != _python_random_state():
        raise _RefusedError("its forward draws random numbers that a graph would freeze")
    after = _attributes(module)
    changed = [name for name in {**before, **after} if before.get(name) is not after.get(name)]
    if changed:
        made = "makes a tensor" if changed[0].startswith("_tensor_constant") else "sets attributes"
        raise _RefusedError(f"its forward {made} that a graph would freeze")
    return graph


def _check_optional(
    module: nn.Module, graph: fx.Graph, known: Collection[str], none: dict[str, None]
) -> None:
    """Refuse a ``forward`` that asks for an optional argument of which nothing is known."""
    optional = [name for name in optional_arguments(module) if name not in known]
    if not optional:
        return
    without = _trace(module, **none, **dict.fromkeys(optional))
    if _calls(without, optional) != _calls(graph, optional):
        names = ", ".join(optional)
        raise _RefusedError(f"its forward depends on an optional argument: {names}")


def _attributes(module: nn.Module) -> dict[str, Any]:
    """Return the plain and the registered attributes of a module."""
    own = vars(module)
    return {**own, **own["_parameters"], **own["_buffers"], **own["_modules"]}


def _restore(module: nn.Module, attributes: dict[str, Any]) -> None:
    """Take back what tracing wrote into a module."""
    for name in vars(module).keys() - attributes.keys():
        delattr(module, name)
    for name in vars(module).keys() & attributes.keys():
        vars(module)[name] = attributes[name]


def _python_random_state() -> tuple[object, ...]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 - what a user's forward may call
    return (random.getstate(), name, np.asarray(keys).tobytes(), *rest)


def _calls(graph: fx.Graph, optional: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return what a graph calls, where the ``optional`` arguments are not given."""
    none = {node for node in graph.nodes if node.op == "placeholder" and node.target in optional}

    def plain(arguments: Any) -> str:
        return repr(fx.map_arg(arguments, lambda node: None if node in none else node.name))

    return [
        (node.op, str(node.target), plain((node.args, node.kwargs)))
        for node in graph.nodes
        if node.op.startswith("call_") and node.target is not refuse_argument
    ]


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def leaves(module: nn.Module, graph: fx.Graph) -> dict[str, nn.Module]:
    """Return the modules that a graph of ``module`` calls, by target."""
    targets: set[Any] = {node.target for node in graph.nodes if node.op == "call_module"}
    return {str(target): module.get_submodule(str(target)) for target in targets}
