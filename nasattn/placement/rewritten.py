"""A module whose ``forward`` was rewritten and that is otherwise what it was."""

import copy
import importlib
import io
import pickle
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from torch import fx, nn


class RewrittenModule(fx.GraphModule):
    """A ``GraphModule`` that keeps everything of the module it came from.

    ``torch.fx`` keeps only what the graph mentions, in the graph's order; here all children,
    parameters, buffers and plain attributes stay, in the backbone's order, through
    construction, deepcopy and pickle: the state dict's keys do not change.

    Args:
        root: The module that the graph was traced from (with its slots already in it).
        graph: The graph of its ``forward``.
        class_name: The name of the original class.
    """

    def __init__(self, root: nn.Module, graph: fx.Graph, class_name: str = "Rewritten") -> None:
        super().__init__(root, graph, class_name)
        for key, value in root.__dict__.items():
            if key in _REGISTRIES or key not in self.__dict__:
                self.__dict__[key] = value
        self.training = root.training

    def _deepcopy_init(self) -> Callable[..., None]:
        kind, class_name = _kind_of(self), type(self).__name__

        def init(twin: RewrittenModule, root: nn.Module, graph: fx.Graph) -> None:
            kind.__init__(twin, root, graph, class_name)

        return init

    def __reduce__(self) -> tuple[Any, ...]:
        # The graph, not GraphModule's code, since tracing that would freeze ``training``; and a
        # copy of it, which does not refer back to this module.
        state = {key: value for key, value in self.__dict__.items() if key != "_graph"}
        graph = _pickled(copy.deepcopy(self.graph))
        return _restore, (_kind_of(self), type(self).__name__, graph, state)


class RewrittenContainer(RewrittenModule):
    """A rewritten ``nn.Sequential``: index, length and iteration are over its own children."""

    def __len__(self) -> int:
        return len(self._own_children())

    def __iter__(self) -> Iterator[nn.Module]:
        return iter(self._own_children())

    def __getitem__(self, index: int | slice) -> nn.Module:
        chosen = self._own_children()[index]
        return nn.Sequential(*chosen) if isinstance(chosen, list) else chosen

    def _own_children(self) -> list[nn.Module]:
        return [child for child in self.children() if not isinstance(child, Slots)]


class Slots(nn.ModuleDict):
    """The slots of one module, filled or empty, by slot kind and call site."""


def make_lists_anew(graph: fx.Graph) -> None:
    """Let the lists that a graph gives to modules be made by calls.

    A module may write into a list that it is given; where ``torch.export`` runs a graph, the
    lists in its arguments cannot be written to.
    """
    for node in [node for node in graph.nodes if node.op == "call_module"]:
        with graph.inserting_before(node):
            node.args = tuple(_made_anew(argument, graph) for argument in node.args)
            node.kwargs = {key: _made_anew(value, graph) for key, value in node.kwargs.items()}


def _made_anew(argument: Any, graph: fx.Graph) -> Any:
    return (
        graph.call_function(new_list, tuple(argument)) if isinstance(argument, list) else argument
    )


def new_list(*items: Any) -> list[Any]:
    """Return a list of the arguments."""
    return list(items)


_REGISTRIES = frozenset({"_modules", "_parameters", "_buffers", "_non_persistent_buffers_set"})


class _Holder(nn.Module):
    """Carries the restored attributes to the constructor."""

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__()
        self.__dict__.update(state)


class _Pickler(pickle.Pickler):
    """Finds functions that are made inside another, as torch's ``max_pool2d`` is."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FunctionType) and "<locals>" in value.__qualname__:
            return _function, (value.__module__, value.__name__)
        return NotImplemented


def _pickled(graph: fx.Graph) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer).dump(graph)
    return buffer.getvalue()


def _function(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _kind_of(module: RewrittenModule) -> type[RewrittenModule]:
    """Return the class behind the one that ``torch.fx`` makes anew for every instance."""
    return RewrittenContainer if isinstance(module, RewrittenContainer) else RewrittenModule


def _restore(
    kind: type[RewrittenModule], class_name: str, graph: bytes, state: dict[str, Any]
) -> RewrittenModule:
    loaded = pickle.loads(graph)  # noqa: S301 - part of a pickle that is being loaded
    return kind(_Holder(state), loaded, class_name)
