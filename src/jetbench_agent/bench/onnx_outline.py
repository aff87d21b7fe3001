"""What an ONNX file says of itself: inputs, number and bytes of its weights. Read by hand, without loading it.

Fields by onnx.proto3 of ONNX 1.16 (ModelProto, GraphProto, TensorProto, ValueInfoProto, TypeProto); the wire format
by the Protocol Buffers documentation, "Encoding".
"""

import mmap

DTYPES = {1: "float32", 2: "uint8", 3: "int8", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16"}
DTYPES.update({11: "float64", 16: "bfloat16"})
BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
MOST_FIELDS = 5000000  # of one message: a file that has more is none
MOST_ELEMENTS = 1 << 50
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class NoOutlineError(ValueError):
    """The file is no ONNX; the text is one line."""


class Input(object):
    def __init__(self, name, dtype, shape):
        self.name, self.dtype, self.shape = name, dtype, shape  # None: a side that is left open


class Outline(object):
    def __init__(self, inputs, params, size):
        self.inputs, self.params, self.bytes = inputs, params, size


def read(path):
    """Outline of a file. Raises OSError and NoOutlineError."""
    with open(path, "rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise NoOutlineError("it is empty")
        try:
            return _outline(data)
        except (IndexError, UnicodeDecodeError, TypeError):
            raise NoOutlineError("it is no ONNX file, or a broken one")
        finally:
            data.close()


def _outline(data):
    graphs = [span for number, span in _fields(data, (0, len(data))) if number == 7]
    if len(graphs) != 1:
        raise NoOutlineError("it is no ONNX file, or a broken one")
    inputs, weights, params, size = [], set(), 0, 0
    for number, span in _fields(data, graphs[0]):
        if number == 11:
            inputs.append(_input(data, span))
        elif number == 5:
            name, elements, kind = _tensor(data, span)
            weights.add(name)
            params += elements
            size += elements * BYTES.get(kind, 4)
    return Outline([one for one in inputs if one.name not in weights], params, size)


def _tensor(data, span):
    """(name, elements, type)."""
    elements, kind, name = 1, 0, ""
    for number, value in _fields(data, span):
        if number == 1:
            for side in _numbers(data, value):
                elements = min(MOST_ELEMENTS, elements * side)
        elif number == 2:
            kind = value
        elif number == 8:
            name = _text(data, value)
    return name, elements, kind


def _input(data, span):
    name, kind, shape = "", None, []
    for number, value in _fields(data, span):
        if number == 1:
            name = _text(data, value)
        elif number == 2:
            for inner, tensor in _fields(data, value):
                if inner == 1:
                    kind, shape = _tensor_type(data, tensor)
    return Input(name, DTYPES.get(kind), shape)


def _tensor_type(data, span):
    kind, shape = None, []
    for number, value in _fields(data, span):
        if number == 1:
            kind = value
        elif number == 2:
            shape = [_side(data, side) for inner, side in _fields(data, value) if inner == 1]
    return kind, shape


def _side(data, span):
    fixed = [value for number, value in _fields(data, span) if number == 1]
    return fixed[0] if fixed and fixed[0] > 0 else None


def _text(data, span):
    return data[span[0] : span[1]].decode("utf-8")


def _numbers(data, value):
    """A repeated number, packed (a span) or one by one."""
    if isinstance(value, int):
        return [value]
    found, at = [], value[0]
    while at < value[1]:
        number, at = _varint(data, at)
        found.append(number)
    return found


def _fields(data, span):
    """(number, value) of a message: whole numbers, or (begin, end) of what has a length."""
    at, end = span
    for _ in range(MOST_FIELDS):
        if at >= end:
            return
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
        elif kind == _LENGTH:
            size, at = _varint(data, at)
            value, at = (at, at + size), at + size
        elif kind in (_FIXED64, _FIXED32):
            value, at = 0, at + (8 if kind == _FIXED64 else 4)
        else:
            raise IndexError("no such kind of field")
        if at > end:
            raise IndexError("it ends in the middle of a field")
        yield number, value
    raise IndexError("no end of fields")


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise IndexError("a number without an end")
