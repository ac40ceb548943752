from topicsmith.surrogates import without_surrogates


def test_pairs_are_joined_and_halves_replaced() -> None:
    assert without_surrogates("a\ud83d\ude00b\ud83d") == "a\U0001f600b\ufffd"
    assert without_surrogates("\udc00x") == "\ufffdx"
    assert without_surrogates("plain é漢") == "plain é漢"
