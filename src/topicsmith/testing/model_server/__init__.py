"""A model server that follows a script: the providers' wire formats over real HTTP, and faults on demand.

For tests, ours and yours: no keys, no cost, every call counted::

    with ScriptedServer(lambda question: '{"topic": "Science"}') as server:
        os.environ["OPENAI_BASE_URL"] = server.url + "/v1"
"""

from topicsmith.testing.model_server.faults import Fault
from topicsmith.testing.model_server.formats import AskedQuestion, Reply
from topicsmith.testing.model_server.server import ScriptedServer

__all__ = ["AskedQuestion", "Fault", "Reply", "ScriptedServer"]
