"""Writes tensors in the format that the service reads."""

import json

import numpy as np


def as_safetensors(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Returns float32 tensors in the format of https://huggingface.co/docs/safetensors: header length, JSON header, data."""
    header, data = {"__metadata__": metadata}, bytearray()
    for name, value in tensors.items():
        start = len(data)
        data += np.ascontiguousarray(value, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    # Aligns the data.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data
