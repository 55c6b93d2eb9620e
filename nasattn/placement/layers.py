"""Which modules and functions of torch are convolutions, norms, activations, drop-path."""

import operator

import torch
from torch import fx, nn
from torch.nn import functional as F

CONVOLUTIONS = (nn.Conv2d,)
NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm, nn.GroupNorm, nn.InstanceNorm2d)
# Sigmoid, tanh and their hard forms are gates in convolutional networks, not activations.
ACTIVATIONS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.RReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
    nn.Softplus,
)
ACTIVATION_FUNCTIONS = frozenset(
    {
        F.relu,
        F.relu_,
        F.relu6,
        F.leaky_relu,
        F.leaky_relu_,
        F.elu,
        F.elu_,
        F.selu,
        F.celu,
        F.gelu,
        F.silu,
        F.mish,
        F.hardswish,
        F.softplus,
        torch.relu,
        torch.relu_,
        torch.selu,
        torch.celu,
    }
)
ACTIVATION_METHODS = frozenset({"relu", "relu_"})
ADDITIONS = frozenset({operator.add, operator.iadd, torch.add})
ADDITION_METHODS = frozenset({"add", "add_"})
# By name: every library has classes of its own for these.
DROP_PATHS = frozenset(
    {"StochasticDepth", "DropPath", "LayerScale", "LayerScale2d", "Dropout", "Identity"}
)
ACTIVATION_NAMES = frozenset(
    {"GELU", "GELUTanh", "QuickGELU", "Swish", "Mish", "HardSwish", "HardMish"}
    | {"SwishMe", "MishMe", "HardSwishMe", "HardMishMe"}
)


def is_atom(module: nn.Module) -> bool:
    """Tell whether a module is one operation, so that no site lies inside it."""
    if is_activation_module(module):
        return True
    if isinstance(module, (*CONVOLUTIONS, *NORMS, nn.Linear)):
        return not activation_children(module)
    own = type(module).__module__.startswith("torch.nn")
    return own and not isinstance(module, nn.Sequential)


def is_activation_module(module: nn.Module | None) -> bool:
    """Tell whether a module is an activation, of torch or of another library."""
    if isinstance(module, ACTIVATIONS):
        return True
    return type(module).__name__ in ACTIVATION_NAMES and not list(module.children())  # type: ignore[union-attr]  # None has another name


def activation_children(module: nn.Module) -> list[str]:
    """Return the names of the children that are activations."""
    return [name for name, child in module.named_children() if is_activation_module(child)]


def called(node: fx.Node, children: dict[str, nn.Module]) -> nn.Module | None:
    """Return the module that a node calls, or None where it calls none."""
    return children.get(str(node.target)) if node.op == "call_module" else None


def is_activation(node: fx.Node, children: dict[str, nn.Module]) -> bool:
    """Tell whether a node applies an activation, as a module, a function or a method."""
    if node.op == "call_function":
        return node.target in ACTIVATION_FUNCTIONS
    if node.op == "call_method":
        return node.target in ACTIVATION_METHODS
    return is_activation_module(called(node, children))


def is_addition(node: fx.Node) -> bool:
    """Tell whether a node adds two values of the graph."""
    adds = (node.op == "call_function" and node.target in ADDITIONS) or (
        node.op == "call_method" and node.target in ADDITION_METHODS
    )
    return adds and len(node.args) == 2 and all(isinstance(arg, fx.Node) for arg in node.args)


def count_weighted(module: nn.Module) -> int:
    """Count the convolutions and linear layers in a module, itself included."""
    return sum(isinstance(part, (*CONVOLUTIONS, nn.Linear)) for part in module.modules())


def count_convolutions(module: nn.Module) -> int:
    """Count the convolutions in a module, itself included."""
    return sum(isinstance(part, CONVOLUTIONS) for part in module.modules())
