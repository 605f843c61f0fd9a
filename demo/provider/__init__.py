"""A model provider on loopback that speaks the wire formats of OpenAI and Anthropic.

It stands in for the real services in the demo and in the tests, and answers as they do: with their bodies, headers,
streams and errors. No SDK is involved. What it answers differs from call to call, so that an order can be seen, and
is the same in every run.
"""

from demo.provider.behaviour import Behaviour
from demo.provider.exchange import Received
from demo.provider.model import Model, Question, Tool, ToolCall, Turn
from demo.provider.server import Provider

__all__ = ["Behaviour", "Model", "Provider", "Question", "Received", "Tool", "ToolCall", "Turn"]
