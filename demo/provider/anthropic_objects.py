"""Anthropic's models, files and message batches."""

from __future__ import annotations

from typing import Final

from demo.provider.anthropic_messages import message
from demo.provider.exchange import Json, Reply, compact, json_reply
from demo.provider.model import Question
from demo.provider.routing import Call, Routes
from demo.provider.store import Store

_MOMENT: Final = "2026-01-01T00:00:00Z"


def fill(store: Store) -> None:
    """Put in what is there from the start: three models, five files, so that a list has pages."""
    for name in ("opus", "sonnet", "haiku"):
        store.add(
            {
                "type": "model",
                "id": f"claude-{name}-4-5",
                "display_name": f"Claude {name.title()} 4.5",
                "created_at": _MOMENT,
                "lifecycle": "active",
            }
        )
    for number in range(1, 6):
        store.add(_file(f"file_there{number}", f"there-{number}.txt", 7, "text/plain"), f"there {number}".encode())


def create_file(call: Call) -> Reply:
    """`POST /v1/files`."""
    part = call.request.files[0]
    made = _file(f"file_{call.number:06d}", part.filename or "upload", len(part.content), part.content_type)
    return json_reply(call.store.add(made, part.content))


def download_file(call: Call) -> Reply:
    """`GET /v1/files/{}/content`: the bytes as they were sent."""
    if call.store.find(call.ids[0]) is None:
        return call.missing()
    return Reply(body=call.store.content(call.ids[0]), content_type="application/octet-stream")


def delete_file(call: Call) -> Reply:
    """`DELETE /v1/files/{}`."""
    gone = call.store.remove(call.ids[0])
    return json_reply({"id": call.ids[0], "type": "file_deleted"}) if gone else call.missing()


def create_batch(call: Call) -> Reply:
    """`POST /v1/messages/batches`."""
    asked: list[Json] = call.body["requests"]
    batch = _batch(call, f"msgbatch_{call.number:06d}", len(asked), "in_progress")
    lines = [_result(call, item) for item in asked]
    return json_reply(call.store.add(batch, "".join(f"{line}\n" for line in lines).encode()))


def retrieve_batch(call: Call) -> Reply:
    """`GET /v1/messages/batches/{}`: ended, with the address of its results."""
    known = call.store.find(call.ids[0])
    if known is None:
        return call.missing()
    return json_reply(_batch(call, known["id"], known["request_counts"]["processing"], "ended"))


def batch_results(call: Call) -> Reply:
    """`GET /v1/messages/batches/{}/results`: a line of JSON for each request."""
    if call.store.find(call.ids[0]) is None:
        return call.missing()
    return Reply(body=call.store.content(call.ids[0]), content_type="application/x-jsonl")


def cancel_batch(call: Call) -> Reply:
    """`POST /v1/messages/batches/{}/cancel`."""
    known = call.store.find(call.ids[0])
    canceled = {"processing_status": "canceling", "cancel_initiated_at": _MOMENT}
    return json_reply({**known, **canceled}) if known else call.missing()


def delete_batch(call: Call) -> Reply:
    """`DELETE /v1/messages/batches/{}`."""
    gone = call.store.remove(call.ids[0])
    return json_reply({"id": call.ids[0], "type": "message_batch_deleted"}) if gone else call.missing()


def retrieve(call: Call) -> Reply:
    """A model or a file by its id."""
    known = call.store.find(call.ids[0])
    return json_reply(known) if known else call.missing()


def _listing(call: Call, prefix: str) -> Reply:
    query = call.request.query
    shown, more = call.page(prefix, query.get("after_id") or query.get("page"))
    ends = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {"first_id": None, "last_id": None}
    return json_reply({"data": shown, "has_more": more, **ends, "next_page": ends["last_id"] if more else None})


def _file(file_id: str, name: str, size: int, mime: str) -> Json:
    head = {"type": "file", "id": file_id, "size_bytes": size, "created_at": _MOMENT}
    return {**head, "filename": name, "mime_type": mime, "downloadable": True}


def _batch(call: Call, batch_id: str, total: int, status: str) -> Json:
    ended = status == "ended"
    counts = {"processing": 0 if ended else total, "succeeded": total if ended else 0}
    return {
        "id": batch_id,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": {**counts, "errored": 0, "canceled": 0, "expired": 0},
        "ended_at": _MOMENT if ended else None,
        "created_at": _MOMENT,
        "expires_at": "2026-01-02T00:00:00Z",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": f"{call.url}/v1/messages/batches/{batch_id}/results" if ended else None,
    }


def _result(call: Call, asked: Json) -> str:
    question = Question(call.number, asked["params"]["model"], f"batch entry {asked['custom_id']}")
    answer = message(call.number, question, call.model(question))
    return compact({"custom_id": asked["custom_id"], "result": {"type": "succeeded", "message": answer}})


ROUTES: Final[Routes] = {
    ("GET", "/v1/models"): lambda call: _listing(call, "claude-"),
    ("GET", "/v1/models/{}"): retrieve,
    ("POST", "/v1/files"): create_file,
    ("GET", "/v1/files"): lambda call: _listing(call, "file_"),
    ("GET", "/v1/files/{}"): retrieve,
    ("GET", "/v1/files/{}/content"): download_file,
    ("DELETE", "/v1/files/{}"): delete_file,
    ("POST", "/v1/messages/batches"): create_batch,
    ("GET", "/v1/messages/batches"): lambda call: _listing(call, "msgbatch_"),
    ("GET", "/v1/messages/batches/{}"): retrieve_batch,
    ("GET", "/v1/messages/batches/{}/results"): batch_results,
    ("POST", "/v1/messages/batches/{}/cancel"): cancel_batch,
    ("DELETE", "/v1/messages/batches/{}"): delete_batch,
}
