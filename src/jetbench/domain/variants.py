"""What variants of a model are called: at most one format, the layout, and one engine, joined by "+" in that order."""

from __future__ import annotations

PLAIN = ("fp32", "fp16", "bf16")  # formats that run eager
FORMATS = (*PLAIN, "int8-dynamic", "int8-static")
LAYOUT = "channels_last"
ENGINES = ("compile", "script", "cudagraph", "onnxruntime", "tensorrt")
VARIANTS = (*FORMATS, LAYOUT, *ENGINES)


def refusal(text: str) -> str | None:
    """Why a word names no variant, or None."""
    parts = text.split("+")
    unknown = next((part for part in parts if part not in VARIANTS), None)
    if unknown is not None:
        return f"unknown variant {unknown!r}; there are: {', '.join(VARIANTS)}, and some joined, as in bf16+compile"
    kinds = [0 if part in FORMATS else 1 if part == LAYOUT else 2 for part in parts]
    if kinds != sorted(set(kinds)):
        return f"variant {text!r}: a format, channels_last and an engine, each once and in that order"
    return None
