"""What every attention module must do, and the means to compare one with its formula."""

import copy
import itertools
import pickle
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from nasattn import attention
from nasattn.attention import Scalar, Size

Values = Mapping[str, Tensor]
Reference = Callable[[Tensor, Values], Tensor]


@dataclass(frozen=True)
class Case:
    """One attention module with its options, for maps of ``channels`` x ``size``."""

    name: str
    channels: int = 8
    size: Size = (6, 6)
    options: Mapping[str, Scalar] = field(default_factory=dict)

    def build(self, seed: int = 0) -> nn.Module:
        """Return a new module, the same for the same seed."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return attention.create(self.name, self.channels, self.size, **self.options)

    def maps(self, samples: int = 3, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return feature maps that differ in mean and spread from channel to channel."""
        generator = torch.Generator().manual_seed(1)
        shape = (samples, self.channels, *self.size)
        scale = torch.linspace(0.5, 2, self.channels).view(1, -1, 1, 1)
        return ((torch.randn(shape, generator=generator) + 0.3) * scale).to(dtype)


class AttentionSuite:
    """Laws of every attention module: inherit, and define a fixture ``case``."""

    without_first_gradient: ClassVar[frozenset[str]] = frozenset()
    """The parameters that the paper's initialisation gives no gradient at the first step."""

    @pytest.fixture
    def case(self) -> Case:
        """Return the case that the suite is about."""
        raise AssertionError("a suite defines its case")

    @pytest.mark.parametrize("size", [(6, 6), (5, 7), (1, 1), (1, 4)])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_keeps_shape_and_dtype(self, case: Case, dtype: torch.dtype, size: Size) -> None:
        placed = replace(case, size=size)
        x = placed.maps(dtype=dtype)
        for module in (placed.build().to(dtype).train(), placed.build().to(dtype).eval()):
            y = module(x)
            assert (y.shape, y.dtype) == (x.shape, x.dtype)
            assert y.isfinite().all()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_keeps_dtype_under_autocast(self, case: Case, dtype: torch.dtype) -> None:
        x = case.maps(dtype=dtype)
        with torch.autocast("cpu", torch.bfloat16):
            y = case.build().eval()(x)
        assert y.dtype == dtype
        torch.testing.assert_close(y.float(), case.build().eval()(x.float()), rtol=0.05, atol=0.05)

    def test_gradient_reaches_every_parameter(self, case: Case) -> None:
        module = case.build().eval()
        silent = _parameters_without_gradient(module, case.maps())
        assert silent == self.without_first_gradient
        scramble(module)
        assert not _parameters_without_gradient(module, case.maps())

    def test_input_is_left_alone(self, case: Case) -> None:
        x = case.maps()
        before = x.clone()
        case.build()(x)
        assert torch.equal(x, before)

    def test_copies_compute_the_same(self, case: Case) -> None:
        module = scramble(case.build()).eval()
        expected = module(case.maps())
        for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):  # noqa: S301 - own bytes
            assert torch.equal(twin(case.maps()), expected)

    def test_state_dict_is_the_whole_state(self, case: Case) -> None:
        module = scramble(case.build()).eval()
        other = case.build(seed=5).eval()
        other.load_state_dict(module.state_dict(), strict=True)
        assert torch.equal(other(case.maps()), module(case.maps()))

    def test_initialisation_follows_the_seed(self, case: Case) -> None:
        first, second = case.build(seed=3).state_dict(), case.build(seed=3).state_dict()
        assert all(torch.equal(first[key], second[key]) for key in first)

    def test_channels_last_gives_the_same_numbers(self, case: Case) -> None:
        module = scramble(case.build()).double().eval()
        x = case.maps(dtype=torch.float64)
        y = module.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
        torch.testing.assert_close(y, module(x))

    def test_samples_do_not_meet_in_eval(self, case: Case) -> None:
        module = scramble(case.build()).double().eval()
        x = case.maps(dtype=torch.float64)
        torch.testing.assert_close(module(x), torch.cat([module(x[i : i + 1]) for i in range(3)]))

    def test_batch_of_one_trains(self, case: Case) -> None:
        module = scramble(case.build()).train()
        x = case.maps(samples=1).requires_grad_()
        module(x).square().sum().backward()
        gradients = [x.grad, *(parameter.grad for parameter in module.parameters())]
        assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)

    def test_is_traced_without_warnings(self, case: Case) -> None:
        with warnings.catch_warnings():
            # 2026-11-22: fvcore 0.1.5 calls the deprecated torch.jit.script when imported.
            warnings.simplefilter("ignore", FutureWarning)
            from fvcore.nn import FlopCountAnalysis
        counted = FlopCountAnalysis(case.build().eval(), case.maps(samples=1))
        assert counted.unsupported_ops_warnings(enabled=False).total() >= 0

    @pytest.mark.parametrize("mode", ["train", "eval"])
    def test_a_formula_for_counting_is_what_is_computed(self, case: Case, mode: str) -> None:
        module = scramble(case.build()).double().train(mode == "train")
        written = copy.deepcopy(module)
        for part in written.modules():
            if callable(formula := getattr(part, "formula", None)):
                part.forward = formula
        x = case.maps(dtype=torch.float64)
        torch.testing.assert_close(module(x), written(x))
        torch.testing.assert_close(module.state_dict(), written.state_dict())

    @pytest.mark.slow
    def test_compiles_as_one_graph(self, case: Case) -> None:
        module = scramble(case.build()).eval()
        torch.compiler.reset()
        # aot_eager needs no C++ compiler; whether the graph is whole does not depend on it.
        compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(compiled(case.maps()), module(case.maps()))


def scramble(module: nn.Module) -> nn.Module:
    """Give every parameter and running statistic a value that no initialisation has."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if name.endswith("running_var"):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            elif name.endswith("running_mean") or isinstance(tensor, nn.Parameter):
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
    return module


def assert_equals_reference(module: nn.Module, reference: Reference, x: Tensor) -> None:
    """Compare output and all gradients with a formula, in float64.

    Args:
        module: Any attention module, in the mode to compare.
        reference: Takes (x, parameters and buffers by name), returns y.
        x: The input.
    """
    module = module.double()
    values = {
        name: tensor.detach().clone().requires_grad_(isinstance(tensor, nn.Parameter))
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]
    }
    ours, theirs = (x.detach().double().clone().requires_grad_() for _ in range(2))
    y, expected = module(ours), reference(theirs, values)
    _assert_close(y, expected)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(3), dtype=y.dtype)
    (y * weights).sum().backward()
    (expected * weights).sum().backward()  # type: ignore[no-untyped-call]  # so is torch's
    _assert_close(ours.grad, theirs.grad)
    for name, parameter in module.named_parameters():
        _assert_close(parameter.grad, values[name].grad, name)


def batch_norm(x: Tensor, feature: int, values: Values, prefix: str, *, train: bool) -> Tensor:
    """Return batch norm by its formula; ``feature`` is the axis that has statistics."""
    others = [axis for axis in range(x.ndim) if axis != feature]
    shape = [-1 if axis == feature else 1 for axis in range(x.ndim)]
    if train:
        mean = x.mean(others)
        variance = (x - mean.view(shape)).square().mean(others)
    else:
        mean, variance = values[f"{prefix}.running_mean"], values[f"{prefix}.running_var"]
    normed = (x - mean.view(shape)) / (variance.view(shape) + 1e-5).sqrt()
    gamma, beta = values[f"{prefix}.weight"], values[f"{prefix}.bias"]
    return normed * gamma.view(shape) + beta.view(shape)


def convolve(x: Tensor, kernel: Tensor, dilation: int = 1) -> Tensor:
    """Correlate (N, I, H, W) with (O, I, k, k), zeros around, pixel by pixel and tap by tap."""
    height, width, side = *x.shape[2:], kernel.shape[-1]

    def pixel(row: int, column: int) -> Tensor:
        total = x.new_zeros(x.shape[0], kernel.shape[0])
        for a, b in itertools.product(range(side), repeat=2):
            i, j = (n + (tap - side // 2) * dilation for n, tap in ((row, a), (column, b)))
            if 0 <= i < height and 0 <= j < width:
                total = total + x[:, :, i, j] @ kernel[:, :, a, b].T
        return total

    rows = [torch.stack([pixel(i, j) for j in range(width)], -1) for i in range(height)]
    return torch.stack(rows, -2)


def _assert_close(actual: Tensor | None, expected: Tensor | None, name: str = "") -> None:
    torch.testing.assert_close(
        actual, expected, rtol=1e-9, atol=1e-10, msg=lambda text: f"{name} {text}"
    )


def _parameters_without_gradient(module: nn.Module, x: Tensor) -> set[str]:
    module.zero_grad()
    weights = torch.randn(x.shape, generator=torch.Generator().manual_seed(4))
    (module(x.requires_grad_()) * weights).sum().backward()
    return {
        name
        for name, parameter in module.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    }
