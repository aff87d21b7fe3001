"""Where models come from: a file a source. ``of(name)`` is the one that answers to a name.

A source is a module with

    answers(name)              whether a name is one of its own, by how it is spelled
    needs_torchvision(name)    whether the model is made by it, or of parts of it
    known(name)                None, or one line why there is no such model here; nothing is loaded or executed
    listing()                  entries {name, family, size, input, params} of what there is
    form(name, batch, size)    the inputs.Form of a pass; ``size`` is (height, width) or None: the model's own
    build(name, weights)       the model, with random weights, or those of ``weights``

and, where there is something to say,

    file(name)                  the file a model is made from
    outline(name)               fields of the model event where only the file can tell them, or None
    reads_values(name)          whether what a pass does depends on the values of weights and input
    weights_known(name, entry)  None, or one line why there are no such weights here
    fetch(name, weights, say)   download what is missing, where the user asked for that; ``say(text)`` is told of it

``name`` comes without the inputs in brackets that the user may have put behind it. But for ``fetch`` nothing is
downloaded. ``plugged`` is the source of what other packages bring, which needs less than this: docs/extending.md.
"""


def all_():
    """In the order in which they are asked."""
    from jetbench_agent.bench.sources import (
        files,
        hf,
        onnx_file,
        plugged,
        superpoint_source,
        timm_zoo,
        torchvision_zoo,
        user_code,
    )

    return [superpoint_source, timm_zoo, hf, onnx_file, files, plugged, user_code, torchvision_zoo]


def of(name):
    return next(source for source in all_() if source.answers(name))


def missing(package, what):
    """The error where a package is not there: which one, and how to get it into which interpreter."""
    import sys

    from jetbench_agent.bench.errors import BadModelError

    text = "{} needs {}, which {} does not have: {} -m pip install {}"
    return BadModelError(text.format(what, package, sys.executable, sys.executable, package))
