"""What was imported or built first makes no difference. Each order needs a Python of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from demo.provider import Provider

ROOT = Path(__file__).parents[2]

OPENAI = """
def client():
    return openai.OpenAI(base_url=URL + "/v1", api_key="sk-test", max_retries=0)

def ask(client):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}]).id
"""
ANTHROPIC = """
def client():
    return anthropic.Anthropic(base_url=URL, api_key="sk-test", max_retries=0)

def ask(client):
    return client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]).id
"""
BLOCK = """
def block():
    return agentreplay.cassette("order", directory=DIRECTORY)
"""

ORDERS = {
    "SDK first, client before the block": """
        import openai
        some = client()
        import agentreplay
        with block():
            live = ask(some)
        with block():
            assert ask(some) == live
        """,
    "SDK after, client in the block": """
        import agentreplay
        import openai
        with block():
            live = ask(client())
        with block():
            assert ask(client()) == live
        """,
    "SDK in the block": """
        import agentreplay
        with block():
            import openai
            some = client()
            live = ask(some)
        with block():
            assert ask(some) == live
        """,
    "installed before the SDK": """
        import agentreplay
        agentreplay.install()
        import openai
        some = client()
        agentreplay.uninstall()
        with block():
            live = ask(some)
        with block():
            assert ask(some) == live
        """,
    "SDK between two blocks": """
        import agentreplay
        with agentreplay.cassette("none", directory=DIRECTORY, mode="live"):
            pass
        import openai
        own = vars(openai._base_client.SyncAPIClient)["request"]
        assert not hasattr(own, "__wrapped__")
        with block():
            live = ask(client())
        with block():
            assert ask(client()) == live
        assert vars(openai._base_client.SyncAPIClient)["request"] is own
        """,
}
PROGRAMS = {**ORDERS, "the other SDK in the block": ORDERS["SDK in the block"].replace("openai", "anthropic")}


@pytest.mark.parametrize("order", PROGRAMS)
def test_any_order_of_import_and_construction_records_and_replays(
    provider: Provider, tmp_path: Path, order: str
) -> None:
    """The first block records the call, the second replays it."""
    calls = ANTHROPIC if "other" in order else OPENAI
    program = f"URL, DIRECTORY = {provider.url!r}, {str(tmp_path)!r}\n{calls}{BLOCK}{dedent(PROGRAMS[order])}"
    python = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(python, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert provider.count == 1
