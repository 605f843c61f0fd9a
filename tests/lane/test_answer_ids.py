"""The ids of a response go onto the answer as the SDK puts them there."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import agentreplay
from agentreplay.integrations._stainless.answer_ids import AnswerIds
from tests.lane import answers
from tests.lane.vendors import CHAT, MESSAGES, TAKES_CHAT, Method, Server, difference

METHODS = [MESSAGES, CHAT] if TAKES_CHAT else [MESSAGES]


@pytest.mark.parametrize("names", [[], ["x-request-id"], ["Request-Id", "Anthropic-Workspace-Id", "x-request-id"]])
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_an_answer_gets_what_the_sdk_would_set(vendor: str, names: list[str]) -> None:
    """From the headers that there are, in whatever case they were recorded."""
    models: Any = importlib.import_module(f"{vendor}._models")

    class Answer(models.BaseModel):  # type: ignore[misc]
        text: str

    headers = {name: f"the {name}" for name in names}
    lower = {name.lower(): value for name, value in headers.items()}
    expected, first, again = (Answer(text="x", more=1) for _ in range(3))
    if hasattr(models, "add_response_ids"):
        more = {"workspace_id": lower.get("anthropic-workspace-id")}
        models.add_response_ids(expected, request_id=lower.get("request-id"), **more)
    elif hasattr(models, "add_request_id"):
        models.add_request_id(expected, lower.get("request-id" if vendor == "anthropic" else "x-request-id"))

    ids = AnswerIds(models)
    ids.put(first, headers)
    ids.put(again, headers)

    assert difference(expected, first) is None
    assert difference(expected, again) is None


def test_a_class_that_sets_its_attributes_itself_is_asked() -> None:
    """It may do anything with them."""
    models: Any = importlib.import_module("anthropic._models")
    seen: list[str] = []

    class Answer(models.BaseModel):  # type: ignore[misc]
        def __setattr__(self, name: str, value: object) -> None:
            seen.append(name)

    AnswerIds(models).put(Answer(), {"request-id": "1"})

    assert "_request_id" in seen


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_function_that_somebody_put_there_meanwhile_is_called(
    method: Method, server: Server, folder: Path, served: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tracing tool that notes the ids of answers notes all of them."""
    models = importlib.import_module(f"{method.vendor}._models")
    name = "add_response_ids" if hasattr(models, "add_response_ids") else "add_request_id"
    server.answer = answers.MESSAGES["plain"] if method is MESSAGES else answers.COMPLETIONS["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False)

    with agentreplay.cassette("c", directory=folder, mode="replay", allow_repeats=True):
        method.call(None, is_async=False)
        noted = _noting(models, name, monkeypatch)
        answer = method.call(None, is_async=False)
        again = method.call(None, is_async=False)

    assert [id(each) for each in noted] == [id(answer), id(again)]
    assert served == [method.name] * 3


def _noting(models: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    before = getattr(models, name)
    noted: list[Any] = []

    def put(answer: Any, *args: Any, **more: Any) -> None:
        noted.append(answer)
        before(answer, *args, **more)

    monkeypatch.setattr(models, name, put)
    return noted
