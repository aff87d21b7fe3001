"""oneDNN in torch: whether it is built in, whether it is used, and switching it for the life of a child.

By torch's own call where there is one (1.10 on): the context manager of torch.backends.mkldnn also touches TF32 in
newer versions, which warns on a CPU, and goes back as soon as nobody holds it.
"""


def has(torch):
    return bool(torch.backends.mkldnn.is_available())


def is_on(torch):
    if not has(torch):
        return False
    asked = getattr(torch._C, "_get_mkldnn_enabled", None)
    return bool(asked()) if asked is not None else True


def switch(torch, on):
    """No effect on a torch without it, nor on one that cannot switch it."""
    switched = getattr(torch._C, "_set_mkldnn_enabled", None)
    if switched is not None and has(torch):
        switched(bool(on))
