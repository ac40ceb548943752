"""What a topic says of itself."""

from topicsmith.labels.annotators.topic_terms import document, sentences, words
from topicsmith.taxonomy import Topic


def test_names_are_read_as_words() -> None:
    topic = Topic("RideSharing", "A taxi", ("a cab, please",), (Topic("airport_ride", "To the plane"),))
    assert sentences(topic) == ["Ride Sharing: A taxi", "a cab, please", "airport ride: To the plane"]
    assert document(topic).startswith("Ride Sharing\nRide Sharing: A taxi\n")
    assert sentences(Topic("Banks")) == ["Banks"]


def test_words_lose_case_and_the_plural() -> None:
    assert words("Two HOTELS, 3 bus-tickets & glass as is?") == [
        "two",
        "hotel",
        "3",
        "bus",
        "ticket",
        "glass",
        "as",
        "is",
    ]
    assert words("Straße Αθήνα 天気") == ["strasse", "αθήνα", "天気"]
