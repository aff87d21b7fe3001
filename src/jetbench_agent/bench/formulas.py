"""Multiply-adds of operators, by shape: those that torch's registry of formulas lacks, or has not had in every version.

A multiply-add is one product that is summed up. Biases, scaling and pooling are none.
"""

import re

# Operators whose names say that they multiply and add up. One without a formula is reported, never passed over.
_MULTIPLIES = re.compile(
    r"(^|_)(mm|bmm|mv|dot|vdot|ger|outer|matmul|linear|linalg|conv|convolution|conv\d?d|attention|lstm|gru|rnn|cell|"
    r"einsum|tensordot|kron|cdist|pdist|fft|bilinear|trilinear|inner|layer|solve|inverse|cholesky|svd|qr)(\d|_|$)"
)
_ALIKE = re.compile(r"vector_norm|upsample|grid_sampler|affine|interp|layer_norm")
_CHOOSE = ("torchvision.nms", "torchvision.roi_pool", "torchvision.ps_roi_pool")  # they compare and copy


def product(numbers):
    result = 1
    for number in numbers:
        result *= int(number)
    return result


def _mm(args, out):
    return product(args[0].shape) * int(args[1].shape[-1])


def _addmm(args, out):
    return product(args[1].shape) * int(args[2].shape[-1])


def _vector(args, out):
    return product(args[0].shape)


def _addmv(args, out):
    return product(args[1].shape)


def _convolution(args, out):
    x, weight, transposed = args[0], args[1], args[6]
    return int(x.shape[0]) * product(weight.shape) * product((x if transposed else out).shape[2:])


def _deformable(args, out):
    return product(out.shape) * product(args[1].shape[1:])


def _attention(args, out):
    query, key, value = args[0].shape, args[1].shape, args[2].shape
    return product(query[:-1]) * int(key[-2]) * (int(query[-1]) + int(value[-1]))


def _recurrent(args, out):
    """One layer in one direction: every step multiplies by both of its matrices."""
    steps = product(args[0].shape[:-1])
    return steps * (product(args[1].shape) + product(args[2].shape))


FORMULAS = {
    "aten.mm": _mm,
    "aten.bmm": _mm,
    "aten._int_mm": _mm,
    "aten.addmm": _addmm,
    "aten._addmm_activation": _addmm,
    "aten.baddbmm": _addmm,
    "aten.addbmm": _addmm,
    "aten.mv": _vector,
    "aten.dot": _vector,
    "aten.vdot": _vector,
    "aten.addmv": _addmv,
    "aten.convolution": _convolution,
    "aten._convolution": _convolution,
    "aten._scaled_dot_product_efficient_attention": _attention,
    "aten._scaled_dot_product_flash_attention": _attention,
    "aten._scaled_dot_product_flash_attention_for_cpu": _attention,
    "aten._scaled_dot_product_cudnn_attention": _attention,
    "aten._scaled_dot_product_fused_attention_overrideable": _attention,
    "aten.mkldnn_rnn_layer": _recurrent,
    "torchvision.deform_conv2d": _deformable,
}


def registry():
    """The formulas of torch.utils.flop_counter by operator (FLOPs); empty before torch 2.2."""
    from torch.utils import flop_counter

    return getattr(flop_counter, "flop_registry", {})


def macs(known, packet, args, kwargs, out):
    """Multiply-adds of one call, or None where there is no formula. ``known``: what ``registry`` gave."""
    if packet in known:
        try:
            return int(known[packet](*args, out_val=out, **kwargs)) // 2
        except TypeError:  # torch 2.2 calls them otherwise
            pass
    formula = FORMULAS.get(str(packet))
    return None if formula is None else formula(args, out)


def has_formula(known, packet):
    return packet in known or str(packet) in FORMULAS


def may_multiply(packet):
    """Whether an operator without a formula may hide multiply-adds: by its name, or because it is nobody's standard."""
    library, _, name = str(packet).partition(".")
    if library in ("aten", "prim", "prims"):
        return bool(_MULTIPLIES.search(name)) and not _ALIKE.search(name)
    return str(packet) not in _CHOOSE
