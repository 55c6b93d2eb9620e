"""One-level tracing: the graph of a module's own ``forward``, its children as leaves."""

import inspect
import random
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import fx, nn


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


def trace_own_forward(module: nn.Module) -> fx.Graph | Untraceable:
    """Trace ``module`` in training and in evaluation, leaving it as it was.

    A module that a graph would freeze is refused: one whose graphs differ between training
    and evaluation (stochastic depth on in evaluation, batch statistics never updated), one
    that draws random numbers or changes attributes while it is traced, one that asks whether
    an optional argument was given.
    """
    training, attributes = module.training, _attributes(module)
    try:
        module.training = True
        in_training = _trace(module)
        module.training = False
        in_evaluation = _trace(module)
        _check(module, in_training, in_evaluation)
    except _RefusedError as error:
        return Untraceable(str(error))
    except (Exception, SystemExit) as error:  # a user's forward may do anything
        return Untraceable(f"cannot be traced: {_first_line(error)}")
    finally:
        _restore(module, attributes)
        module.training = training
    return in_evaluation


def _trace(module: nn.Module, **concrete: Any) -> fx.Graph:
    """Trace ``module`` once; torch's own random state stays where it was."""
    before, other = _attributes(module), _python_random_state()
    with torch.random.fork_rng(devices=[]):
        state = torch.get_rng_state()
        graph = _OneLevelTracer().trace(module, concrete or None)
        drawn = not torch.equal(state, torch.get_rng_state())
    if drawn or other != _python_random_state():
        raise _RefusedError("its forward draws random numbers that a graph would freeze")
    after = _attributes(module)
    changed = [name for name in {**before, **after} if before.get(name) is not after.get(name)]
    if changed:
        made = "makes a tensor" if changed[0].startswith("_tensor_constant") else "sets attributes"
        raise _RefusedError(f"its forward {made} that a graph would freeze")
    return graph


def _check(module: nn.Module, in_training: fx.Graph, in_evaluation: fx.Graph) -> None:
    if _source(in_training) != _source(in_evaluation):
        raise _RefusedError("its forward differs between training and evaluation")
    # A traced argument is never None, whatever the caller gives.
    optional = [
        name
        for name, parameter in inspect.signature(module.forward).parameters.items()
        if parameter.default is None
    ]
    if optional:
        without = _trace(module, **dict.fromkeys(optional))
        if _calls(without, optional) != _calls(in_evaluation, optional):
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
        # fx adds these checks where it is told that an argument is None.
        if node.op.startswith("call_") and getattr(node.target, "__name__", "") != "_assert_is_none"
    ]


def _source(graph: fx.Graph) -> str:
    return graph.python_code("self").src


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def leaves(module: nn.Module, graph: fx.Graph) -> dict[str, nn.Module]:
    """Return the modules that a graph of ``module`` calls, by target."""
    targets: set[Any] = {node.target for node in graph.nodes if node.op == "call_module"}
    return {str(target): module.get_submodule(str(target)) for target in targets}
