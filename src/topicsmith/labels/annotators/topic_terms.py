"""What a topic says of itself, as text and as terms: the ground that both local methods stand on."""

import re

from topicsmith.taxonomy import Topic

_WORD = re.compile(r"\w+")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def sentences(topic: Topic) -> list[str]:
    """The name with the description, then each example and each subtopic, as separate texts.

    >>> sentences(Topic("RentalCars", "Renting a car", ("I need a van",)))
    ['Rental Cars: Renting a car', 'I need a van']
    """
    name = _INNER_CAPITAL.sub(" ", topic.name).replace("_", " ")
    first = f"{name}: {topic.description}" if topic.description else name
    below = [sentence for subtopic in topic.subtopics for sentence in sentences(subtopic)]
    return [first, *topic.examples, *below]


def document(topic: Topic) -> str:
    """Everything a topic says of itself in one text, its name twice because it says most."""
    first = sentences(topic)
    name = _INNER_CAPITAL.sub(" ", topic.name).replace("_", " ")
    return "\n".join([name, *first])


def words(text: str) -> list[str]:
    """The words of ``text``, case folded, without the plural's s.

    >>> words("Which alarms, please?")
    ['which', 'alarm', 'please']
    """
    found = _WORD.findall(text.casefold())
    return [w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in found]
