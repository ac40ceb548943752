"""Together: chat completions at an address of its own.

Reference: https://docs.together.ai/reference/chat-completions-1.
"""

from topicsmith.llm.providers.openai import ChatCompletions


def together(address: str, key: str) -> ChatCompletions:
    """Together's chat completions; it takes JSON Schemas in OpenAI's form and ``max_tokens`` in the older one."""
    return ChatCompletions("together", address, key)
