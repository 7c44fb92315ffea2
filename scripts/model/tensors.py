"""Files of tensors that the service reads."""

import json

import numpy as np


def as_safetensors(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Float32 tensors in the format of https://huggingface.co/docs/safetensors: the header's length, the header in JSON, the
    data."""
    header, data = {"__metadata__": metadata}, bytearray()
    for name, value in tensors.items():
        start = len(data)
        data += np.ascontiguousarray(value, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    # Padded so that the data is aligned.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data
