"""Products in eight bits with a range for each row, on a graph of one product and one table."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from topicsmith.classifiers.onnx.int8 import quantize

RNG = np.random.default_rng(3)
WEIGHTS = RNG.normal(size=(64, 8)).astype(np.float32)
TABLE = RNG.normal(size=(2000, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Path]:
    folder = tmp_path_factory.mktemp("graphs")
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["states"], axis=0),
            helper.make_node("Mul", ["states", "scale"], ["scaled"]),
            helper.make_node("MatMul", ["scaled", "weights"], ["first"]),
            helper.make_node("MatMul", ["scaled", "weights"], ["second"]),
            helper.make_node("Add", ["first", "second"], ["numbers"]),
        ],
        "g",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("scale", TensorProto.FLOAT, ["n", 1]),
        ],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(TABLE, "table"), numpy_helper.from_array(WEIGHTS, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, str(folder / "whole.onnx"))
    quantize(folder / "whole.onnx", folder / "small.onnx")
    onnx.checker.check_model(str(folder / "small.onnx"), full_check=True)
    whole, small = (
        onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])
        for name in ("whole.onnx", "small.onnx")
    )
    return whole, small, folder


def asked(session: Any, ids: list[int], scale: list[float]) -> np.ndarray[Any, np.dtype[np.float32]]:
    found: np.ndarray[Any, np.dtype[np.float32]] = session.run(
        None, {"ids": np.array(ids), "scale": np.array(scale, np.float32)[:, None]}
    )[0]
    return found


def test_rows_keep_their_answers_beside_rows_a_million_times_larger(sessions: tuple[Any, Any, Path]) -> None:
    whole, small, _ = sessions
    alone = asked(small, [5], [1e-3])
    beside = asked(small, [5, 7, 9], [1e-3, 1e3, 0.0])
    assert np.array_equal(alone[0], beside[0])
    assert np.abs(alone - asked(whole, [5], [1e-3])).max() <= 0.02 * np.abs(alone).max()
    assert np.array_equal(beside[2], np.zeros(8, np.float32))


def test_no_product_runs_over_in_sixteen_bits(sessions: tuple[Any, Any, Path]) -> None:
    """Two neighbours of the largest input (255 of 255) with the largest weight (64) lie within sixteen bits."""
    _, _, folder = sessions
    kept = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(folder / "small.onnx")).graph.initializer}
    weights = kept["first_q8_weights"]
    assert weights.dtype == np.int8
    assert (np.abs(weights).max(axis=0) == 64).all()
    assert 2 * 255 * int(np.abs(weights).max()) < 2**15
    assert kept["states_q8_table"].dtype == np.int8


def test_an_input_of_two_products_is_rounded_once(sessions: tuple[Any, Any, Path]) -> None:
    _, _, folder = sessions
    nodes = [node.op_type for node in onnx.load(str(folder / "small.onnx")).graph.node]
    assert nodes.count("QuantizeLinear") == 1
    assert nodes.count("MatMulInteger") == 2
    assert "MatMul" not in nodes
    names = [tensor.name for tensor in onnx.load(str(folder / "small.onnx")).graph.initializer]
    assert "weights" not in names
    assert "table" not in names
