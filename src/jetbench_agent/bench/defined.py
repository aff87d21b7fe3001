"""Which names a Python file defines, read without executing it."""

import ast

MOST_BYTES = 1 << 24
# What can make names that do not stand in the file.
_MAKERS = ("globals", "exec", "eval", "setattr", "vars", "locals", "__dict__", "__getattr__", "modules")


class NotPythonError(ValueError):
    """The file cannot be compiled; the text is one line."""


def names(path):
    """(names at the top level, whether these are all). Raises OSError and NotPythonError."""
    tree, found = _tree(path), set()
    sure = True
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            sure = False
        word = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        sure = sure and word not in _MAKERS
        if isinstance(node, ast.Global):  # a function gives it a value
            found.update(node.names)
    for node in _top(tree.body):
        found.update(_bound(node))
    return found, sure


def callables(path):
    """Classes and functions at the top level that can be called without arguments as far as can be told, in order.

    A class that has a base of its file's own, or none, may take some after all. Raises OSError and NotPythonError.
    """
    found = []
    for node in _tree(path).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _takes_nothing(node, 0):
            found.append(node.name)
        elif isinstance(node, ast.ClassDef) and node.bases and not node.name.startswith("_"):
            made = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
            if all(_takes_nothing(part, 1) for part in made):
                found.append(node.name)
    return found


def _tree(path):
    with open(path, "rb") as file:
        text = file.read(MOST_BYTES + 1)
    try:
        if len(text) > MOST_BYTES:
            raise NotPythonError("it is longer than 16 MiB")
        return ast.parse(text, path)
    except SyntaxError as error:
        raise NotPythonError("line {}: {}".format(error.lineno, error.msg))
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotPythonError("it is no Python: {}".format(error))


def _top(body):
    """Statements that are executed with the file, those of branches too."""
    for node in body:
        yield node
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            continue
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            for inner in _top(getattr(node, field, None) or []):
                yield inner


def _bound(node):
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    parts = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.stmt)]
    inside = [part for each in parts for part in ast.walk(each)]
    return {part.id for part in inside if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}


def _takes_nothing(node, own):
    given = node.args
    needed = len(given.args) + len(getattr(given, "posonlyargs", ())) - len(given.defaults) - own
    return needed <= 0 and all(default is not None for default in given.kw_defaults)
