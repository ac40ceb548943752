"""Matrix products of a graph in eight bits, each row of their input with a range of its own.

onnxruntime's own dynamic quantization takes one range over all that is in a batch, padding included, so that a text is
answered otherwise in other company: by .23 of a probability in ``benchmarks/onnx_encoder.py``. With a range for each
token, company changes nothing but the order of sums. The rounding is many plain operators and costs time: see
``docs/onnx.md``.

Weights have a range for each column and seven bits: older processors add two products in sixteen bits, and with eight
they would run over there and not on newer ones.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WEIGHT_TOP, _INPUT_TOP, _MIDDLE = 64, 127, 128
_SMALLEST = 1e-12
_TABLE = 100_000  # numbers of a table of embeddings from which it is worth a byte each
_ONE, _MID, _TOP, _EPS, _LAST = "q8_one", "q8_middle", "q8_top", "q8_smallest", "q8_last"


def quantize(source: Path, path: Path) -> None:
    """Write the graph ``source`` to ``path`` with products and large tables of embeddings in eight bits."""
    import onnx

    model = onnx.load(str(source))
    _Rewriting(model.graph).run()
    onnx.save(model, str(path))


class _Rewriting:
    """A graph that is being rewritten; inputs that several products share are rounded once."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.weights = {tensor.name: tensor for tensor in graph.initializer}
        self.nodes: list[Any] = []
        self.made: list[Any] = []
        self.rounded: dict[str, str] = {}

    def run(self) -> None:
        """Put the new nodes and weights in place of the old."""
        for name, value in (
            (_ONE, np.float32(1)),
            (_MID, np.uint8(_MIDDLE)),
            (_TOP, np.float32(_INPUT_TOP)),
            (_EPS, np.float32(_SMALLEST)),
            (_LAST, np.array([-1], dtype=np.int64)),
        ):
            self._keep(name, np.asarray(value))
        for node in self.graph.node:
            if node.op_type == "MatMul" and self._is_matrix(node.input[1]):
                self._product(node)
            elif node.op_type == "Gather" and self._is_matrix(node.input[0]) and self._axis(node) == 0:
                self._lookup(node)
            else:
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in (*self.graph.initializer, *self.made) if tensor.name in used]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(self.nodes)
        self.graph.initializer.extend(kept)

    def _product(self, node: Any) -> None:
        """Rounded input times rounded weights in whole numbers, then both ranges."""
        values, weights = node.input
        small, scale = _rounded(self._array(weights), axis=0, top=_WEIGHT_TOP)
        name = f"{node.output[0]}_q8"
        self._keep(f"{name}_weights", small)
        self._keep(f"{name}_ranges", scale[0])
        rows = self._rounded_rows(values)
        self._add("MatMulInteger", [f"{rows}_small", f"{name}_weights", _MID], f"{name}_whole")
        self._add("Cast", [f"{name}_whole"], f"{name}_float", to=1)
        self._add("Mul", [f"{name}_float", f"{name}_ranges"], f"{name}_columns")
        self._add("Mul", [f"{name}_columns", f"{rows}_range"], node.output[0])

    def _rounded_rows(self, values: str) -> str:
        """The rows of ``values`` in eight bits, and the range of each."""
        if values in self.rounded:
            return self.rounded[values]
        rows = self.rounded[values] = f"{values}_q8"
        self._add("Abs", [values], f"{rows}_sizes")
        self._add("ReduceMax", [f"{rows}_sizes", _LAST], f"{rows}_largest", keepdims=1)
        self._add("Max", [f"{rows}_largest", _EPS], f"{rows}_most")
        self._add("Div", [_TOP, f"{rows}_most"], f"{rows}_factor")
        self._add("Div", [f"{rows}_most", _TOP], f"{rows}_range")
        self._add("Mul", [values, f"{rows}_factor"], f"{rows}_scaled")
        self._add("QuantizeLinear", [f"{rows}_scaled", _ONE, _MID], f"{rows}_small")
        return rows

    def _lookup(self, node: Any) -> None:
        """The row of the table, and its range."""
        table, rows = node.input
        small, scale = _rounded(self._array(table), axis=1, top=_INPUT_TOP)
        name = f"{node.output[0]}_q8"
        self._keep(f"{name}_table", small)
        self._keep(f"{name}_ranges", scale)
        self._add("Gather", [f"{name}_table", rows], f"{name}_row", axis=0)
        self._add("Gather", [f"{name}_ranges", rows], f"{name}_range", axis=0)
        self._add("Cast", [f"{name}_row"], f"{name}_float", to=1)
        self._add("Mul", [f"{name}_float", f"{name}_range"], node.output[0])

    def _is_matrix(self, name: str) -> bool:
        """Whether ``name`` is a matrix of weights; small tables, as those of positions, cost nothing as they are."""
        tensor = self.weights.get(name)
        return tensor is not None and tensor.data_type == 1 and len(tensor.dims) == 2

    def _axis(self, node: Any) -> int:
        """The axis of a look-up in a large table; -1 where the table is small."""
        tensor = self.weights[node.input[0]]
        if tensor.dims[0] * tensor.dims[1] < _TABLE:
            return -1
        return next((int(each.i) for each in node.attribute if each.name == "axis"), 0)

    def _array(self, name: str) -> NDArray[np.float32]:
        from onnx import numpy_helper

        return np.asarray(numpy_helper.to_array(self.weights[name]), dtype=np.float32)

    def _keep(self, name: str, array: NDArray[Any]) -> None:
        from onnx import numpy_helper

        self.made.append(numpy_helper.from_array(array, name))

    def _add(self, operator: str, inputs: Sequence[str], output: str, **attributes: int) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))


def _rounded(array: NDArray[np.float32], axis: int, top: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """``array`` in whole numbers up to ``top``, and what one is worth along ``axis``."""
    scale = np.maximum(np.abs(array).max(axis=axis, keepdims=True), _SMALLEST) / top
    return np.rint(array / scale).astype(np.int8), scale.astype(np.float32)
