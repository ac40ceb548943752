"""A model server that follows a script: the providers' wire formats over real HTTP, and faults on demand.

For tests, ours and yours: no keys, no cost, every call counted::

    with ScriptedServer(lambda question: '{"topic": "Science"}') as server:
        os.environ["OPENAI_BASE_URL"] = server.url + "/v1"
"""

from topicsmith.llm.scripted.faults import Fault
from topicsmith.llm.scripted.formats import Question, Reply
from topicsmith.llm.scripted.server import ScriptedServer

__all__ = ["Fault", "Question", "Reply", "ScriptedServer"]
