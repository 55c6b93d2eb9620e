"""Graphs of one ``forward`` in training and in evaluation, made one."""

from typing import Any

from torch import fx


class _DifferError(Exception):
    """Two graphs differ in more than the training flag."""


def merged(in_training: fx.Graph, in_evaluation: fx.Graph) -> fx.Graph | None:
    """Return the graph of both modes, or None where they are not one graph.

    They are one where they differ at most in arguments that are true in training and false in
    evaluation, such as the flag of a functional dropout. There the graph reads the module's own
    ``training`` at every call. ``in_evaluation`` is the graph that is changed and returned.
    """
    pairs = list(zip(in_training.nodes, in_evaluation.nodes, strict=False))
    if len(in_training.nodes) != len(in_evaluation.nodes):
        return None
    flag: list[fx.Node] = []
    try:
        for ours, theirs in pairs:
            if (ours.op, ours.target, ours.name) != (theirs.op, theirs.target, theirs.name):
                return None
            theirs.args = _merged(ours.args, theirs.args, in_evaluation, flag)
            theirs.kwargs = _merged(ours.kwargs, theirs.kwargs, in_evaluation, flag)
    except _DifferError:
        return None
    return in_evaluation


def _merged(ours: Any, theirs: Any, graph: fx.Graph, flag: list[fx.Node]) -> Any:
    """Return an argument of both graphs; ``flag`` keeps the one node that reads the flag."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return {key: _merged(ours[key], theirs[key], graph, flag) for key in theirs}
    if isinstance(ours, (tuple, list)) and type(ours) is type(theirs) and len(ours) == len(theirs):
        items = [
            _merged(mine, other, graph, flag) for mine, other in zip(ours, theirs, strict=True)
        ]
        return tuple(items) if isinstance(theirs, tuple) else items
    if ours is True and theirs is False:
        if not flag:
            flag.append(_flag_node(graph))
        return flag[0]
    if repr(ours) != repr(theirs):
        raise _DifferError
    return theirs


def _flag_node(graph: fx.Graph) -> fx.Node:
    first = next(node for node in graph.nodes if node.op != "placeholder")
    with graph.inserting_before(first):
        return graph.get_attr("training")
