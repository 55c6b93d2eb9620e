"""The cost of a network, counted on its trace."""

import copy
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import chain
from typing import Any

import torch
from torch import nn

from nasattn.cost.operators import HANDLES, STOCK
from nasattn.cost.totals import Totals
from nasattn.errors import UserError
from nasattn.placement.architecture import Shape
from nasattn.placement.marking import marked_site


@dataclass(frozen=True, slots=True)
class Cost(Totals):
    """The cost of a network and of its parts.

    Attributes:
        by_module: Cost by path in the network, children included.
        by_site: Cost of each placed attention module, by the name of its site.
    """

    by_module: Mapping[str, Totals] = field(default_factory=dict)
    by_site: Mapping[str, Totals] = field(default_factory=dict)


def measure_cost(net: nn.Module, input_shape: Shape) -> Cost:
    """Count parameters and FLOPs of ``net`` for one image, in evaluation, on the CPU.

    Args:
        net: Any network; it is not changed.
        input_shape: (C, H, W) of its images.

    Raises:
        UserError: an operator of the network is not known to the counter, or the network
            does not take such images.
    """
    modules = dict(net.named_modules())
    flops, stock = _count_flops(net, input_shape)
    by_module = {
        path: Totals(_count_params(module), count_norm_statistics(module), flops[path], stock[path])
        for path, module in modules.items()
    }
    by_site = {
        site: by_module[path]
        for path, module in modules.items()
        if (site := marked_site(module)) is not None
    }
    whole = by_module[""]
    return Cost(
        whole.params, whole.norm_statistics, whole.flops, whole.flops_stock, by_module, by_site
    )


def _count_params(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def count_norm_statistics(module: nn.Module) -> int:
    """Count the running means and variances in a module."""
    return sum(
        buffer.numel()
        for name, buffer in module.named_buffers()
        if name.rpartition(".")[2] in {"running_mean", "running_var"}
    )


def _count_flops(net: nn.Module, input_shape: Shape) -> tuple[dict[str, int], dict[str, int]]:
    """Return FLOPs and fvcore's own FLOPs by module path."""
    counted = _by_formula(copy.deepcopy(net).cpu().eval())
    # The tracer takes tensors only, and the first hook runs before it sees what is returned.
    counted.register_forward_hook(lambda _module, _inputs, outputs: tuple(_tensors(outputs)))
    analysis = _analysis(counted, input_shape)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch calls torch.jit deprecated (2026-11)
            by_operator = analysis.by_module_and_operator()
    except RuntimeError as error:
        shape = "×".join(map(str, input_shape))
        name, reason = type(net).__name__, " ".join(str(error).split())
        raise UserError(f"{name} cannot be counted on {shape} images: {reason}") from error
    unknown = analysis.unsupported_ops()
    if unknown:
        names = ", ".join(sorted(unknown))
        raise UserError(f"{type(net).__name__}: no FLOP count is known for {names}")
    total = {path: round(sum(counts.values())) for path, counts in by_operator.items()}
    stock = {
        path: round(sum(count for name, count in counts.items() if name in STOCK))
        for path, counts in by_operator.items()
    }
    return total, stock


def _by_formula(net: nn.Module) -> nn.Module:
    """Let every module that computes its formula in another way compute it as it is written."""
    for module in net.modules():
        if callable(formula := getattr(module, "formula", None)):
            module.forward = formula
    return net


def _tensors(outputs: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors in what a network returned, however deep they lie."""
    if isinstance(outputs, torch.Tensor):
        yield outputs
    elif isinstance(outputs, Mapping):
        yield from _tensors(list(outputs.values()))
    elif isinstance(outputs, list | tuple):
        yield from chain.from_iterable(map(_tensors, outputs))
    elif is_dataclass(outputs):
        yield from _tensors([getattr(outputs, field.name) for field in fields(outputs)])


def _analysis(net: nn.Module, input_shape: Shape) -> Any:
    with warnings.catch_warnings():
        # fvcore's release of 2022 calls torch.jit.script when it is imported (2026-11).
        warnings.simplefilter("ignore")
        from fvcore.nn import FlopCountAnalysis
    reference = next(net.parameters(), torch.zeros(()))
    analysis = FlopCountAnalysis(net, torch.zeros(1, *input_shape, dtype=reference.dtype))
    analysis.set_op_handle(**HANDLES)
    analysis.unsupported_ops_warnings(enabled=False)
    analysis.uncalled_modules_warnings(enabled=False)
    return analysis
