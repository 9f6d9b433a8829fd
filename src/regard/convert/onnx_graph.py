"""Writes ONNX graphs node by node: names of values in, names of values out.

Version 17 of the operators is what is used: the first with layer norms, and old enough for every runtime of the last
years.
"""

from pathlib import Path
from typing import Any, Final, final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from regard.convert.original import Array, Product
from regard.convert.readme import OPSET
from regard.version import __version__

_IR_VERSION: Final = 8

Shape = tuple[int | str, ...]


@final
class Graph:
    """A graph being written. Every method that adds a node returns the name of what it computes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._properties: dict[str, str] = {}

    def input(self, name: str, shape: Shape, *, integer: bool = False) -> str:
        """Something that is given: 32-bit floats, or 64-bit whole numbers."""
        self._inputs.append(_described(name, shape, integer=integer))
        return name

    def output(self, value: str, name: str, shape: Shape) -> None:
        """Something that is asked for."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_described(name, shape))

    def say(self, name: str, value: object) -> None:
        """Something that whoever loads the graph has to know, as one of its properties."""
        self._properties[name] = str(value)

    def constant(self, value: Any, kind: Any = np.float32, *, name: str | None = None) -> str:
        """Numbers that are stored, a weight under its own name once."""
        name = name or f"constant_{len(self._constants)}"
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.array(value, kind, order="C"), name)
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output."""
        return self.split(operator, *inputs, parts=1, **attributes)[0]

    def split(self, operator: str, *inputs: str, parts: int, **attributes: Any) -> list[str]:
        """A node with several outputs."""
        outputs = [f"{operator}_{len(self._nodes)}_{part}" for part in range(parts)]
        self._nodes.append(helper.make_node(operator, list(inputs), outputs, **attributes))
        return outputs

    def reshape(self, value: str, *shape: int) -> str:
        """Another shape: 0 keeps a dimension, -1 is what remains."""
        return self.add("Reshape", value, self.constant(shape, np.int64))

    def product(self, value: str, name: str, product: Product) -> str:
        """``x Wᵀ + b``."""
        weight = self.constant(product.weight.T, name=f"{name}.weight")
        return self.add("Add", self.add("MatMul", value, weight), self.constant(product.bias, name=f"{name}.bias"))

    def norm(self, value: str, name: str, gain: Array, bias: Array) -> str:
        """Layer normalisation over the last axis."""
        stored = self.constant(gain, name=f"{name}.weight"), self.constant(bias, name=f"{name}.bias")
        return self.add("LayerNormalization", value, *stored, axis=-1, epsilon=1e-5)

    def save(self, path: Path) -> None:
        """Checks the graph, its shapes included, and writes it."""
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, list(self._constants.values()))
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=_IR_VERSION,
            producer_name="regard",
            producer_version=__version__,
        )
        helper.set_model_props(model, self._properties)
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString())


def _described(name: str, shape: Shape, *, integer: bool = False) -> Any:
    kind = TensorProto.INT64 if integer else TensorProto.FLOAT
    return helper.make_tensor_value_info(name, kind, list(shape))
