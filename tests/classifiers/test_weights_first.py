"""Weights on the left give what torch's own linear layers give."""

import pytest

torch = pytest.importorskip("torch")

from topicsmith.classifiers.weights_first import WeightsFirst  # noqa: E402  # torch comes first


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(1, 112, 24), (2, 3, 24), (5, 24), (24,)])
def test_the_products_are_those_of_torch(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(4)
    layer, states = torch.nn.Linear(24, 10, bias=bias), torch.randn(shape)
    wanted = layer(states)
    with WeightsFirst():
        found = layer(states)
    assert found.shape == wanted.shape
    assert torch.allclose(found, wanted, atol=1e-6)


def test_by_hand() -> None:
    with WeightsFirst():
        found = torch.nn.functional.linear(
            torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.tensor([0.5, -1.0])
        )
    assert found.tolist() == [[11.5, 16.0]]  # 3 + 8 + .5 and 5 + 12 - 1
