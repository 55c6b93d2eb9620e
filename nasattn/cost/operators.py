"""What each operator costs, for fvcore's counter: no operator is left out.

fvcore counts convolutions, matrix products, norms, upsampling and adaptive average pooling
(one multiply-add is 1). The handles here add 1 per output element for every elementwise
operation and 1 per input element for every reduction. Operators that only move, compare or
index values are free.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Handle = Callable[[Sequence[Any], Sequence[Any]], int]

_ELEMENTWISE = """
abs add add_ addcmul addcdiv celu celu_ clamp clamp_ clamp_max clamp_min cos div div_ elu elu_
erf exp exp_ expm1 gelu hardsigmoid hardsigmoid_ hardswish hardswish_ hardtanh hardtanh_
leaky_relu leaky_relu_ lerp log log1p log_sigmoid logit maximum minimum mish mish_ mul mul_ neg
pow pow_ prelu reciprocal relu relu6 relu6_ relu_ rrelu rrelu_ rsqrt rsub selu selu_ sigmoid
sigmoid_ sign silu silu_ sin softplus sqrt sqrt_ square sub sub_ tan tanh tanh_ true_divide
""".split()

_REDUCTIONS = """
adaptive_avg_pool1d adaptive_max_pool1d adaptive_max_pool2d amax amin avg_pool1d avg_pool2d
frobenius_norm linalg_norm linalg_vector_norm logsumexp max max_pool1d max_pool2d mean min norm
prod std sum var
""".split()

# Three passes: exponential, sum, division.
_SOFTMAX = ("softmax", "log_softmax")

_FREE = """
Bool Float Int __and__ __getitem__ __or__ alias arange argmax argmin bitwise_and bitwise_not
broadcast_tensors cat channel_shuffle chunk clone constant_pad_nd contiguous copy_ detach
dropout dropout_ empty empty_like eq expand expand_as feature_dropout flatten flip floor
floor_divide full full_like gather ge gt im2col index index_put_ index_select item le
logical_and logical_not lt masked_fill masked_fill_ meshgrid movedim narrow
native_channel_shuffle ne new_empty new_full new_ones new_zeros nonzero numpy_T one_hot ones
ones_like pad permute pixel_shuffle pixel_unshuffle reflection_pad2d remainder repeat
repeat_interleave replication_pad2d reshape reshape_as resolve_conj roll round ScalarImplicit
select size slice slice_scatter split split_with_sizes squeeze stack swapaxes t tensor
tensor_split tile to topk transpose triu tril type_as unbind unflatten unfold unsafe_chunk
unsafe_split unsqueeze view view_as where zeros zeros_like zero_
""".split()


def _elements(value: Any) -> int:
    """Return the number of floating-point elements of a traced value."""
    kind = value.type()
    if kind.kind() != "TensorType" or kind.scalarType() in {"Int", "Long", "Bool", "Byte", None}:
        return 0
    return math.prod(kind.sizes() or [])


def _per_output(_: Sequence[Any], outputs: Sequence[Any]) -> int:
    return _elements(outputs[0])


def _per_input(inputs: Sequence[Any], _: Sequence[Any]) -> int:
    return _elements(inputs[0])


def _three_per_output(_: Sequence[Any], outputs: Sequence[Any]) -> int:
    return 3 * _elements(outputs[0])


def _nothing(_: Sequence[Any], __: Sequence[Any]) -> int:
    return 0


HANDLES: Mapping[str, Handle] = MappingProxyType(
    {
        **{f"aten::{name}": _nothing for name in _FREE},
        **{f"aten::{name}": _per_output for name in _ELEMENTWISE},
        **{f"aten::{name}": _per_input for name in _REDUCTIONS},
        **{f"aten::{name}": _three_per_output for name in _SOFTMAX},
    }
)

# What fvcore counts by itself, under the names that it reports.
STOCK = frozenset(
    """
    adaptive_avg_pool2d addmm batch_norm bmm conv einsum grid_sampler group_norm
    instance_norm layer_norm linear matmul mm upsample_bilinear2d upsample_nearest2d
    """.split()
)
