"""The object detector of npm's `@mediapipe/objectron` as an ONNX graph of its classes' probabilities.

The package's `objectron_solution_packed_assets.data` is a list of labels followed by a TFLite file: SSD with MobileNetV2,
trained on Open Images v4. Its boxes are left out, since a keyword needs no place. The graph uses ONNX opset 9 and explicit
padding, which OpenCV's dnn reads.
"""

from dataclasses import dataclass

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

OPSET = 9
IR_VERSION = 4
# Length in bytes of the labels before the TFLite file. The first label means "no object".
LABELS_LENGTH = 184
BACKGROUND = "???"
# Side in pixels of the square input.
INPUT_SIZE = 300
# Preprocessing of the input, also written to the model's metadata.
PREPROCESSING = {"color": "RGB", "resize": "input size, sides stretched", "mean": "127.5", "scale": "1/127.5"}


@dataclass(frozen=True)
class Detector:
    """Labels in the order of the outputs, and the TFLite file."""

    labels: list[str]
    file: bytes


def read_assets(content: bytes) -> Detector:
    """Splits the package's file. Raises ValueError if it has another form."""
    labels, file = content[:LABELS_LENGTH].decode("ascii").split("\n"), content[LABELS_LENGTH:]
    if labels[0] != BACKGROUND or labels.pop() != "" or file[4:8] != b"TFL3":
        raise ValueError("no labels followed by a TFLite file")
    return Detector(labels, file)


def build_detector(detector: Detector) -> onnx.ModelProto:
    """Returns a checked model from `image` [1, 3, 300, 300] (RGB, (x - 127.5) / 127.5) to `probabilities` [1, labels], the
    maximum of each class over all anchors."""
    return _Converter(detector).convert()


class _Converter:
    def __init__(self, detector: Detector):
        self.classes = len(detector.labels)
        self.model = tflite.Model.GetRootAs(detector.file, 0)
        self.graph = self.model.Subgraphs(0)
        operators = [self.graph.Operators(i) for i in range(self.graph.OperatorsLength())]
        self.producers = {int(operator.Outputs(0)): operator for operator in operators}
        self.nodes = []
        self.initializers = []
        # Name of the ONNX value by index of a converted tensor.
        self.values = {int(self.graph.Inputs(0)): "image"}

    def convert(self) -> onnx.ModelProto:
        outputs = [int(output) for output in self.graph.OutputsAsNumpy()]
        (scores,) = (output for output in outputs if self._shape(output)[-1] == self.classes)
        concatenation = self.producers[scores]
        if self._code(concatenation) != tflite.BuiltinOperator.CONCATENATION:
            raise ValueError("the class scores are not a concatenation")
        maxima = [self._head(int(head)) for head in concatenation.InputsAsNumpy()]
        x = self._add("Concat", maxima, "heads", axis=1)
        anchors = sum(self._anchors(int(head)) for head in concatenation.InputsAsNumpy())
        x = self._reshape(x, "anchors", [1, 1, anchors, self.classes])
        x = self._add("MaxPool", [x], "maxima", kernel_shape=[anchors, 1], strides=[1, 1])
        x = self._add("Sigmoid", [x], "sigmoid")
        self._reshape(x, "probabilities", [1, self.classes])
        return self._finish()

    def _head(self, reshape: int) -> str:
        """Maximum over the places of a feature map, for each of its anchors and each class."""
        scores = int(self.producers[reshape].Inputs(0))
        x = self._add("GlobalMaxPool", [self._value(scores)], f"{scores}.maximum")
        return self._reshape(x, f"{scores}.flat", [1, self._shape(scores)[-1]])

    def _anchors(self, reshape: int) -> int:
        return self._shape(int(self.producers[reshape].Inputs(0)))[-1] // self.classes

    def _value(self, tensor: int) -> str:
        """Adds the nodes that compute a tensor, and returns the name of its value."""
        # Depth first, without recursion.
        pending = [tensor]
        while pending:
            current = pending[-1]
            needed = [] if current in self.values else [i for i in self._data_inputs(current) if i not in self.values]
            if needed:
                pending.extend(needed)
                continue
            pending.pop()
            if current not in self.values:
                self.values[current] = self._convert_operator(current)
        return self.values[tensor]

    def _data_inputs(self, tensor: int) -> list[int]:
        operator = self.producers[tensor]
        count = 2 if self._code(operator) == tflite.BuiltinOperator.ADD else 1
        return [int(operator.Inputs(i)) for i in range(count)]

    def _convert_operator(self, tensor: int) -> str:
        operator, name = self.producers[tensor], f"t{tensor}"
        code = self._code(operator)
        options = operator.BuiltinOptions()
        if code == tflite.BuiltinOperator.ADD:
            parsed = _parsed(tflite.AddOptions, options)
            x = self._add("Add", [self.values[i] for i in self._data_inputs(tensor)], name)
        elif code in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            depthwise = code == tflite.BuiltinOperator.DEPTHWISE_CONV_2D
            parsed = _parsed(tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions, options)
            x = self._convolve(operator, parsed, name, depthwise)
        else:
            raise ValueError(f"operator {code} is not supported")
        activation = parsed.FusedActivationFunction()
        if activation == tflite.ActivationFunctionType.RELU6:
            return self._add("Clip", [x], f"{name}.relu6", min=0.0, max=6.0)
        if activation != tflite.ActivationFunctionType.NONE:
            raise ValueError(f"activation {activation} is not supported")
        return x

    def _convolve(self, operator, options, name: str, depthwise: bool) -> str:
        source, weight, bias = (int(operator.Inputs(i)) for i in range(3))
        # TFLite: [out, height, width, in], depthwise [1, height, width, channels]. ONNX: [out, in, height, width].
        kernel = self._constant(weight).transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        if options.Padding() != tflite.Padding.SAME or options.DilationHFactor() != 1:
            raise ValueError("only convolutions without dilation whose padding is SAME are supported")
        stride = options.StrideH()
        size, side = self._shape(source)[1], kernel.shape[2]
        missing = max((-(-size // stride) - 1) * stride + side - size, 0)
        before = missing // 2
        pads = [before, before, missing - before, missing - before]
        inputs = [self.values[source]]
        for part, value in (("weight", kernel), ("bias", self._constant(bias))):
            self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), f"{name}.{part}"))
            inputs.append(f"{name}.{part}")
        groups = kernel.shape[0] if depthwise else 1
        return self._add("Conv", inputs, name, kernel_shape=[side, side], strides=[stride, stride], pads=pads, group=groups)

    def _constant(self, tensor: int) -> np.ndarray:
        """The values of a constant, which may be stored in half precision behind a DEQUANTIZE."""
        if tensor in self.producers:
            tensor = int(self.producers[tensor].Inputs(0))
        description = self.graph.Tensors(tensor)
        types = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16}
        data = self.model.Buffers(description.Buffer()).DataAsNumpy()
        return data.view(types[description.Type()]).reshape(self._shape(tensor)).astype(np.float32)

    def _shape(self, tensor: int) -> list[int]:
        return self.graph.Tensors(tensor).ShapeAsNumpy().tolist()

    def _code(self, operator) -> int:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        # The older field holds the codes below 128.
        return max(code.BuiltinCode(), code.DeprecatedBuiltinCode())

    def _reshape(self, x: str, name: str, shape: list[int]) -> str:
        self.initializers.append(numpy_helper.from_array(np.array(shape, np.int64), f"{name}.shape"))
        return self._add("Reshape", [x, f"{name}.shape"], name)

    def _add(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def _finish(self) -> onnx.ModelProto:
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, INPUT_SIZE, INPUT_SIZE])
        result = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, self.classes])
        graph = helper.make_graph(self.nodes, "ssd_mobilenetv2_oidv4", [image], [result], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        helper.set_model_props(model, PREPROCESSING)
        onnx.checker.check_model(model)
        return model


def _parsed(options_class, table):
    options = options_class()
    options.Init(table.Bytes, table.Pos)
    return options
