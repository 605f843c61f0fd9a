"""The provider misbehaves when it is told to, and in no other way."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai
import pytest

from demo.provider import Behaviour, Provider


def say(client: openai.OpenAI, text: str, **options: Any) -> Any:
    client_of_any: Any = client
    return client_of_any.chat.completions.create(model="m", messages=[{"role": "user", "content": text}], **options)


def tell(client: anthropic.Anthropic, text: str, **options: Any) -> Any:
    client_of_any: Any = client
    return client_of_any.messages.create(
        model="m", max_tokens=9, messages=[{"role": "user", "content": text}], **options
    )


def streamed(client: openai.OpenAI) -> str:
    chunks = say(client, "hi", stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "InternalServerError",
}


@pytest.mark.parametrize("status", ERRORS)
def test_error_statuses_are_the_vendors(
    provider: Provider, openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic, status: int
) -> None:
    """Each status comes with the body that its vendor sends, and raises the SDK's exception for it."""
    provider.fail(status, times=2)
    with pytest.raises(getattr(openai, ERRORS[status])) as openai_error:
        say(openai_client.with_options(max_retries=0), "hi")
    with pytest.raises(anthropic.APIStatusError) as anthropic_error:
        tell(anthropic_client.with_options(max_retries=0), "hi")
    assert openai_error.value.type in {"invalid_request_error", "requests", "server_error"}
    assert anthropic_error.value.status_code == status
    assert anthropic_error.value.request_id == "req_000000000000000000000002"


def test_the_provider_can_fail_first_and_succeed_then(provider: Provider, openai_client: openai.OpenAI) -> None:
    """The SDK tries again, at once, and the third attempt is answered."""
    provider.fail(500, times=2)
    assert say(openai_client, "hi").choices[0].message.content.startswith("Answer 3")


def test_a_script_waits_for_the_request_that_it_is_meant_for(provider: Provider, openai_client: openai.OpenAI) -> None:
    """Neither another path nor another model uses it up."""
    provider.script(Behaviour(status=404), path="/embeddings", model="m")
    say(openai_client, "hi")
    openai_client.embeddings.create(model="other", input="hi")
    with pytest.raises(openai.NotFoundError):
        openai_client.embeddings.create(model="m", input="hi")


def test_a_dropped_connection_is_a_connection_error(provider: Provider, openai_client: openai.OpenAI) -> None:
    """The client gets no answer at all."""
    provider.script(Behaviour(drop=True))
    with pytest.raises(openai.APIConnectionError):
        say(openai_client.with_options(max_retries=0), "hi")


def test_held_headers_are_a_timeout(provider: Provider, openai_client: openai.OpenAI) -> None:
    """The provider keeps silent for as long as the test wants."""
    provider.script(Behaviour(hold=threading.Event()))
    with pytest.raises(openai.APITimeoutError):
        say(openai_client.with_options(max_retries=0, timeout=0.05), "hi")


def test_a_gate_holds_a_stream_until_it_is_opened(provider: Provider, openai_client: openai.OpenAI) -> None:
    """What stands before the gate arrives before it is opened."""
    gate = threading.Event()
    provider.script(Behaviour(gates={2: gate}))
    stream = say(openai_client, "hi", stream=True)
    first = [next(stream), next(stream)]
    gate.set()
    assert len(first) + len(list(stream)) == 9


def test_a_client_that_leaves_a_stream_is_noticed(provider: Provider, openai_client: openai.OpenAI) -> None:
    """Closing the stream closes the connection."""
    provider.script(Behaviour(gates={2: threading.Event()}))
    stream = say(openai_client, "hi", stream=True)
    next(stream)
    stream.close()
    assert provider.hung_up.wait(5)


def test_an_error_can_come_in_a_stream_that_began_well(
    provider: Provider, openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic
) -> None:
    """Both vendors say it in an event of their own."""
    provider.script(*[Behaviour(error_after=2)] * 3)
    with pytest.raises(openai.APIError, match="in mid-stream"):
        streamed(openai_client)
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        list(tell(anthropic_client, "hi", stream=True))
    assert list(openai_client.responses.create(model="m", input="hi", stream=True))[-1].type == "error"


@pytest.mark.parametrize("gzip", [False, True])
def test_a_connection_can_break_in_mid_stream(provider: Provider, openai_client: openai.OpenAI, *, gzip: bool) -> None:
    """The client has the first events and then an error."""
    provider.script(Behaviour(cut_after=3, gzip=gzip))
    stream = say(openai_client, "hi", stream=True)
    assert next(stream).choices
    with pytest.raises(openai.APIConnectionError):
        list(stream)


def test_a_connection_can_break_in_mid_body(provider: Provider, openai_client: openai.OpenAI) -> None:
    """The body is shorter than its header says."""
    provider.script(Behaviour(cut_after=20))
    with pytest.raises(openai.APIConnectionError):
        say(openai_client.with_options(max_retries=0), "hi")


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(gzip=True),
        Behaviour(piece=1),
        Behaviour(crlf=True),
        Behaviour(comments=True),
        Behaviour(gzip=True, piece=3, crlf=True, comments=True),
    ],
)
def test_odd_framing_says_the_same(provider: Provider, openai_client: openai.OpenAI, behaviour: Behaviour) -> None:
    """Compression, pieces that cut characters, CRLF and comments change nothing of what the SDK reads."""
    provider.usual = behaviour
    assert streamed(openai_client) == "Answer 1 to «hi»: naïve, 東京, 🦜."
    assert say(openai_client, "hi").choices[0].message.content == "Answer 2 to «hi»: naïve, 東京, 🦜."


def test_any_body_can_be_sent(provider: Provider, openai_client: openai.OpenAI) -> None:
    """Text and bytes go out as they are given."""
    provider.script(Behaviour(body=b"plain", content_type="text/plain", headers={"x-own": "1"}))
    raw = openai_client.with_raw_response.models.list()
    assert (raw.text, raw.headers["x-own"], raw.headers["content-type"]) == ("plain", "1", "text/plain")


def test_a_request_can_be_echoed(provider: Provider, openai_client: openai.OpenAI) -> None:
    """A test can see what was sent: path, query, headers, body."""
    provider.script(Behaviour(echo=True))
    echo: Any = openai_client.post("/anything?a=1", cast_to=object, body={"x": 1}, options={"headers": {"x-mine": "2"}})
    assert (echo["method"], echo["path"], echo["query"], echo["body"]) == (
        "POST",
        "/v1/anything",
        {"a": "1"},
        '{"x":1}',
    )
    assert echo["headers"]["x-mine"] == "2"


def test_answers_carry_the_vendors_headers(openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic) -> None:
    """Request ids, limits, and what nobody should keep: cookies and the organisation."""
    from_openai = openai_client.chat.completions.with_raw_response.create(model="m", messages=[]).headers
    from_anthropic = anthropic_client.messages.with_raw_response.create(model="m", max_tokens=1, messages=[]).headers
    assert from_openai["x-request-id"] == f"req_{1:032x}"
    assert from_anthropic["request-id"] == f"req_{2:024d}"
    assert {"set-cookie", "openai-organization", "x-ratelimit-remaining-requests"} <= set(from_openai)
    assert {"set-cookie", "anthropic-organization-id"} <= set(from_anthropic)


def test_a_stopped_provider_refuses_and_comes_back_at_the_same_place(
    provider: Provider, openai_client: openai.OpenAI
) -> None:
    """Open connections break, new ones are refused; after a start all is as before, and no number is used twice."""
    url = provider.url
    say(openai_client, "hi")
    with provider.stopped(), pytest.raises(openai.APIConnectionError):
        say(openai_client.with_options(max_retries=0), "hi")
    assert provider.url == url
    assert say(openai_client, "hi").id == "chatcmpl-00000002"


def test_a_provider_that_forgets_answers_as_at_the_start(provider: Provider, openai_client: openai.OpenAI) -> None:
    """What was asked and scripted before leaves no trace, and the address stays."""
    first = say(openai_client, "hi")
    provider.fail(500, times=9)
    provider.forget()
    assert say(openai_client, "hi") == first
    assert provider.count == 1


def test_a_stop_releases_who_waits(provider: Provider, openai_client: openai.OpenAI) -> None:
    """A provider that holds a request can be stopped."""
    provider.script(Behaviour(hold=threading.Event()))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(say, openai_client.with_options(max_retries=0), "hi")
        assert provider.wait_for(1)
        provider.stop()
        with pytest.raises(openai.APIConnectionError):
            held.result(10)


@pytest.mark.asyncio
async def test_many_requests_at_once_are_answered_each_with_its_own(
    provider: Provider, async_openai_client: openai.AsyncOpenAI
) -> None:
    """Forty requests have forty numbers, and each answer is to its question."""

    async def ask(text: str) -> bool:
        answer = await async_openai_client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": text}]
        )
        return f"«{text}»" in (answer.choices[0].message.content or "")

    assert all(await asyncio.gather(*(ask(f"question {number}") for number in range(40))))
    assert sorted(request.number for request in provider.requests) == list(range(1, 41))
