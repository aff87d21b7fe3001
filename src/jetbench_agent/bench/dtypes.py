"""What variants are called, and torch's name of each."""

DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}
