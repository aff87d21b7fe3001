"""Tensors in whatever a model takes and gives: nested lists, tuples, dictionaries, dataclasses of a library."""


def of(value):
    """Every tensor in a value, in order."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            for tensor in of(part):
                yield tensor
    elif isinstance(value, dict) or hasattr(value, "to_tuple"):
        for part in value.values() if isinstance(value, dict) else value.to_tuple():
            for tensor in of(part):
                yield tensor


def storage(tensor):
    """The memory a tensor lies in, which its views share."""
    return tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()


def size(tensor):
    """Bytes it holds; of an expanded one those that are there."""
    return min(tensor.numel() * tensor.element_size(), nbytes(storage(tensor)))


def nbytes(memory):
    return memory.nbytes() if hasattr(memory, "nbytes") else len(memory) * memory.element_size()


def key(tensor):
    """What tells one memory from another while both are alive. None: it has none of its own (sparse, opaque)."""
    memory = storage(tensor)
    return memory._cdata
