"""Both services keep the protocol."""

from topicsmith.classifiers.hosted.openai import OpenAIHost
from topicsmith.classifiers.hosted.protocol import Host
from topicsmith.classifiers.hosted.rest import Rest
from topicsmith.classifiers.hosted.together import TogetherHost


def test_both_services_are_hosts() -> None:
    rest = Rest("http://127.0.0.1:9/v1", "k")
    hosts: list[Host] = [OpenAIHost(rest), TogetherHost(rest)]
    assert [(host.name, host.needs_endpoint) for host in hosts] == [("openai", False), ("together", True)]
