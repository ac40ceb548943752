import pytest

from topicsmith.discovery.terms import UNNAMED, cluster_terms, name_of

ARRIVAL = ["when will my card arrive", "card arrival date", "track the card arrival", "has my card arrived yet",
           "my new card has not arrived", "card arrival please"]  # fmt: skip
REFUND = ["refund my order", "I want a refund", "refunds for orders", "the order refund is late", "refund"]
KNOWN = [["pay by card", "card payment declined"], ["order a pizza", "order food"], ["hello", "hi there"]]


def test_terms_tell_clusters_from_each_other_and_from_known_topics() -> None:
    arrival, refund = cluster_terms([ARRIVAL, REFUND], KNOWN)
    assert arrival[0] in {"card arrival", "card arrived"}
    assert refund[0] == "refund"
    assert "order" not in arrival


def test_what_every_known_topic_says_tells_least() -> None:
    texts = [f"zebra please {n}" for n in ("ant", "bee", "cow", "dog", "eel", "fox")]
    [terms] = cluster_terms([[text.replace("please", "order") for text in texts]], [["order now", "order it"]] * 50)
    assert terms == ("zebra order",)
    [terms] = cluster_terms([["order by zebra", "zebra in this order", "order", "order it", "zebra"]], [["order"]] * 50)
    assert terms[0] == "zebra"


def test_inflections_are_one_term_as_they_are_mostly_written() -> None:
    [terms] = cluster_terms([["refunds", "refund", "refunds now", "refunds!", "a refund"]], KNOWN)
    assert terms == ("refunds",)


def test_of_a_word_and_its_pair_one_is_given() -> None:
    [terms] = cluster_terms([["reset password", "reset my password", "password reset", "reset the password"]], KNOWN)
    assert terms == ("reset password",)
    words = ["zebra stripes", "zebra food", "zebra", "the zebra", "zebra foal", "a zebra"]
    assert cluster_terms([words], KNOWN) == [("zebra",)]


def test_a_term_of_one_text_among_many_is_none() -> None:
    [terms] = cluster_terms([[*ARRIVAL, "giraffes eat leaves"]], KNOWN)
    assert not {"giraffes", "eat", "leaves"} & {word for term in terms for word in term.split()}


def test_not_more_than_most() -> None:
    texts = ["apple banana cherry damson elder fig grape"] * 2
    assert [len(terms) for terms in cluster_terms([texts, REFUND], KNOWN, most=2)] == [2, 2]


@pytest.mark.parametrize("texts", [[], [""], [" ", "\n"], ["!!", "..."], ["\ud800"], ["😀"]])
def test_clusters_without_words_have_no_terms(texts: list[str]) -> None:
    assert cluster_terms([texts], KNOWN) == [()]
    assert cluster_terms([texts, REFUND], KNOWN)[1][0] == "refund"


def test_no_clusters_and_no_others() -> None:
    assert cluster_terms([], KNOWN) == []
    assert cluster_terms([REFUND], []) == cluster_terms([REFUND], [[], [""]])


def test_stop_words_and_numbers_stand_in_where_there_is_nothing_else() -> None:
    who, numbers = cluster_terms([["who are you", "who are you now", "so who are you"], ["12", "12 34", "12"]], KNOWN)
    assert who[0] in {"who are", "are you"}
    assert numbers[0] == "12"


def test_all_texts_the_same_and_two_clusters_the_same() -> None:
    same = ["reset my password"] * 20
    assert cluster_terms([same, same], []) == [("reset password",), ("reset password",)]


def test_repeated_texts_count_once() -> None:
    texts = ["refund zebra"] * 100 + ["refund", "a refund", "refund me", "my refund"]
    assert cluster_terms([texts], KNOWN) == [("refund",)]


def test_json_and_code_give_the_words_of_their_names() -> None:
    weather = [f'{{"tool_name": "get_weather_forecast", "to": "{city}"}}' for city in ("Rome", "Oslo", "Bern")]
    mail = [f'sendMail(to="{name}", tool_name=1)' for name in ("ann", "bob", "cid")]
    first, second = cluster_terms([weather, mail], [['{"tool_name": "search"}']])
    assert first[0] == "weather forecast"
    assert "send mail" in second


def test_scripts_without_blanks() -> None:
    chinese = ["我的银行卡丢失了怎么办", "银行卡丢失如何补办", "银行卡丢失后要做什么", "请问银行卡丢失怎么挂失"]
    japanese = ["カードを紛失しました", "カードの紛失を届けたい", "カード紛失の手続き", "紛失したカード"]
    thai = ["บัตรเครดิตหาย ทำอย่างไร", "บัตรเครดิตหายแล้ว", "แจ้งบัตรเครดิตหาย", "บัตรเครดิตของฉันหาย"]
    found = cluster_terms([chinese, japanese, thai], [["今天天气怎么样", "天気はどうですか"]])
    assert found[0] == ("银行卡丢失",)
    assert set(found[1]) == {"カード", "紛失"}
    assert found[2][0].startswith("บัตรเครดิต")


def test_other_scripts_with_blanks() -> None:
    korean = ["카드를 잃어버렸어요", "카드가 없어졌어요", "내 카드", "카드는 어디에"]
    arabic = ["بطاقة مفقودة", "بطاقة مسروقة", "أريد بطاقة جديدة"]
    found = cluster_terms([korean, arabic], [])
    assert found[0][0].startswith("카드")
    assert found[1] == ("بطاقة",)


def test_the_order_of_texts_and_of_clusters_changes_nothing() -> None:
    forward = cluster_terms([ARRIVAL, REFUND], KNOWN)
    assert cluster_terms([REFUND[::-1], ARRIVAL[::-1]], KNOWN[::-1])[::-1] == forward


def test_names() -> None:
    assert name_of(("card arrival", "delivery")) == "Card arrival"
    assert name_of(("arrival", "card", "late")) == "Arrival, card"
    assert name_of(("银行卡丢失",)) == "银行卡丢失"
    assert name_of(()) == UNNAMED


def test_names_are_unlike_those_taken() -> None:
    taken: list[str] = ["card-arrival", "Unnamed"]
    for _ in range(4):
        taken.append(name_of(("card arrival", "delivery", "date"), taken))
    assert taken[2:] == ["Card arrival, delivery", "Card arrival, delivery, date", "Card arrival 2", "Card arrival 3"]
    assert name_of((), taken) == "Unnamed 2"
    assert name_of(("refund",), {"REFUND"}) == "Refund 2"
