"""Reads tensors of PyTorch's `.pth` or `.pt` files without PyTorch.

Since 1.6 the file is a zip archive with one folder: `data.pkl` is the pickled state dictionary, whose tensors refer to
storages by persistent ids, and `data/KEY` is the raw data of storage KEY.

Older files are a stream: a pickled magic number, protocol version and platform description; the same pickled dictionary;
the pickled list of storage keys; for each key in that order an int64 count of elements and the raw data.

Both are little-endian.
"""

import collections
import io
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001


@dataclass(frozen=True)
class _Tensor:
    """View of a storage. Offset and strides are in elements."""

    storage_key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Returns the tensors of `path` by parameter name. Raises ValueError for other files."""
    if zipfile.is_zipfile(path):
        tensors, storages = _read_archive(path)
    else:
        tensors, storages = _read_stream(path)
    return {name: _view(tensor, storages[tensor.storage_key]) for name, tensor in tensors.items()}


def _read_archive(path: Path) -> tuple[dict[str, _Tensor], dict[str, np.ndarray]]:
    with zipfile.ZipFile(path) as archive:
        folder = archive.namelist()[0].split("/")[0]
        # Archives of early versions have no byte order.
        if f"{folder}/byteorder" in archive.namelist() and archive.read(f"{folder}/byteorder") != b"little":
            raise ValueError(f"{path} was written on a big-endian machine")
        unpickler = _Unpickler(io.BytesIO(archive.read(f"{folder}/data.pkl")))
        tensors = unpickler.load()
        storages = {}
        for key, (dtype, expected) in unpickler.storages.items():
            storages[key] = np.frombuffer(archive.read(f"{folder}/data/{key}"), dtype)
            if storages[key].size != expected:
                raise ValueError(f"storage {key} of {path} holds {storages[key].size} elements, not {expected}")
    return tensors, storages


def _read_stream(path: Path) -> tuple[dict[str, _Tensor], dict[str, np.ndarray]]:
    with path.open("rb") as stream:
        if _Unpickler(stream).load() != MAGIC_NUMBER or _Unpickler(stream).load() != PROTOCOL_VERSION:
            raise ValueError(f"{path} is not a PyTorch stream of protocol {PROTOCOL_VERSION}")
        if not _Unpickler(stream).load()["little_endian"]:
            raise ValueError(f"{path} was written on a big-endian machine")
        unpickler = _Unpickler(stream)
        tensors = unpickler.load()
        storages = {}
        for key in _Unpickler(stream).load():
            dtype, expected = unpickler.storages[key]
            (count,) = np.frombuffer(stream.read(8), "<i8")
            if count != expected:
                raise ValueError(f"storage {key} of {path} holds {count} elements, not {expected}")
            storages[key] = np.frombuffer(stream.read(int(count) * dtype.itemsize), dtype)
    return tensors, storages


class _Unpickler(pickle.Unpickler):
    """Builds dictionaries and tensor descriptions only, since a pickle can call any callable it names."""

    ALLOWED = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def __init__(self, stream):
        super().__init__(stream)
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _describe_tensor
        try:
            return self.ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a state dictionary") from None

    def persistent_load(self, pid):
        # The stream format allows views of storages inside others, which state dictionaries do not use.
        kind, dtype, key, _device, count, *view = pid
        if kind != "storage" or any(part is not None for part in view):
            raise pickle.UnpicklingError(f"unknown persistent id {pid}")
        self.storages[key] = (dtype, count)
        return key


def _describe_tensor(storage_key, offset, shape, strides, *_gradient_state):
    return _Tensor(storage_key, offset, shape, strides)


def _view(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides))
    if tensor.offset < 0 or min(tensor.strides, default=0) < 0 or last >= storage.size:
        raise ValueError(f"a tensor reaches outside storage {tensor.storage_key}")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
