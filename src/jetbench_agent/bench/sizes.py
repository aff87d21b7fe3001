"""Parameters and buffers of a model: how many, how many under a second name, how many bytes of which type."""


def parameters(model):
    """Elements: unique, trainable, reached under more than one name, buffers; bytes of all, and by type."""
    unique, names, trainable, sizes = {}, 0, 0, {}
    for module in model.modules():
        for parameter in module._parameters.values():
            if parameter is None:
                continue
            names += parameter.numel()
            if id(parameter) not in unique:
                unique[id(parameter)] = parameter.numel()
                trainable += parameter.numel() if parameter.requires_grad else 0
                _add(sizes, parameter)
    total = sum(unique.values())
    buffers = list(model.buffers())
    for buffer in buffers:
        _add(sizes, buffer)
    return {
        "params": total,
        "params_trainable": trainable,
        "params_shared": names - total,
        "buffers": sum(buffer.numel() for buffer in buffers),
        "bytes": sum(sizes.values()),
        "bytes_by_dtype": sizes,
    }


def _add(sizes, tensor):
    name = str(tensor.dtype).replace("torch.", "")
    sizes[name] = sizes.get(name, 0) + tensor.numel() * tensor.element_size()


def own(model):
    """For every module, by id: elements of its own parameters and bytes of parameters and buffers, each counted once,
    at the first module that has it."""
    seen, found = set(), {}
    for module in model.modules():
        elements = size = 0
        for held, counts in ((module._parameters, True), (module._buffers, False)):
            for tensor in held.values():
                if tensor is None or id(tensor) in seen:
                    continue
                seen.add(id(tensor))
                elements += tensor.numel() if counts else 0
                size += tensor.numel() * tensor.element_size()
        found[id(module)] = (elements, size)
    return found
