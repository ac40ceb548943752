"""Where the parts of an encoder are."""

from pathlib import Path

from tests.classifiers.encoder.tiny_architectures import tiny_architecture
from topicsmith.classifiers.encoder.layers import anatomy_of


def test_parts_of_gpt2_are_told_by_its_modules(tiny: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    network = AutoModelForSequenceClassification.from_pretrained(tiny_architecture("gpt2", tiny, tmp_path / "base"))
    anatomy = anatomy_of(network, own_head=True)
    assert (anatomy.layers, anatomy.stacks, anatomy.base) == (2, ("transformer.h.",), "transformer.")
    assert anatomy.embeddings == {"transformer.wte.weight", "transformer.wpe.weight"}
    assert anatomy.layer_of("transformer.h.1.ln_1.weight") == 1
    names = ["score.weight", "transformer.ln_f.weight", "transformer.h.1.ln_1.weight", "transformer.h.0.ln_1.weight"]
    assert [anatomy.depth_of(name) for name in [*names, "transformer.wpe.weight"]] == [0, 1, 1, 2, 3]


def test_shared_layers_are_in_no_list_of_layers(tiny: Path, tmp_path: Path) -> None:
    from transformers import AutoModel

    network = AutoModel.from_pretrained(tiny_architecture("albert", tiny, tmp_path / "base"))
    assert anatomy_of(network, own_head=False).stacks == ()
