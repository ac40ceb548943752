from topicsmith.surrogates import mended


def test_pairs_are_joined_and_halves_replaced() -> None:
    assert mended("a\ud83d\ude00b\ud83d") == "a\U0001f600b\ufffd"
    assert mended("\udc00x") == "\ufffdx"
    assert mended("plain é漢") == "plain é漢"
