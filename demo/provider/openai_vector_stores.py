"""OpenAI's vector stores; a file in one is ready when it has been asked for a second time, so that clients poll."""

from __future__ import annotations

from typing import Final

from demo.provider.exchange import Json, Reply, json_reply
from demo.provider.openai_files import listing, retrieve
from demo.provider.routing import Call, Routes


def create_store(call: Call) -> Reply:
    """`POST /v1/vector_stores`."""
    made = {
        "id": f"vs_{call.number:06d}",
        "object": "vector_store",
        "name": call.body.get("name") or "",
        "status": "completed",
        "usage_bytes": 0,
        "created_at": call.created,
        "file_counts": _counts(done=0, waiting=0),
        "metadata": call.body.get("metadata") or {},
        "expires_after": None,
        "expires_at": None,
        "last_active_at": call.created,
    }
    return json_reply(call.store.add(made), indent=2)


def update_store(call: Call) -> Reply:
    """`POST /v1/vector_stores/{}`."""
    known = call.store.find(call.ids[0])
    return json_reply(call.store.add({**known, **call.body}), indent=2) if known else call.missing()


def delete_store(call: Call) -> Reply:
    """`DELETE /v1/vector_stores/{}`."""
    gone = call.store.remove(call.ids[0])
    answer = {"id": call.ids[0], "object": "vector_store.deleted", "deleted": True}
    return json_reply(answer, indent=2) if gone else call.missing()


def search(call: Call) -> Reply:
    """`POST /v1/vector_stores/{}/search`: one find."""
    found: Json = {"file_id": "file-there1", "filename": "there-1.txt", "score": 0.75, "attributes": {}}
    found["content"] = [{"type": "text", "text": f"find {call.number} for {call.body['query']}"}]
    head = {"object": "vector_store.search_results.page", "search_query": call.body["query"]}
    return json_reply({**head, "data": [found], "has_more": False, "next_page": None}, indent=2)


def add_file(call: Call) -> Reply:
    """`POST /v1/vector_stores/{}/files`."""
    made = {
        "id": call.body["file_id"],
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": call.created,
        "vector_store_id": call.ids[0],
        "status": "in_progress",
        "last_error": None,
    }
    call.store.add({**made, "id": f"in {made['id']}"})
    return json_reply(made, indent=2)


def poll_file(call: Call) -> Reply:
    """`GET /v1/vector_stores/{}/files/{}`: on its way at first, then ready."""
    key = f"in {call.ids[1]}"
    known = call.store.find(key)
    if known is None:
        return call.missing()
    call.store.add({**known, "status": "completed", "usage_bytes": 6})
    return _poll_again(json_reply({**known, "id": call.ids[1]}, indent=2))


def add_batch(call: Call) -> Reply:
    """`POST /v1/vector_stores/{}/file_batches`."""
    files: list[str] = call.body.get("file_ids") or [entry["file_id"] for entry in call.body.get("files", [])]
    made = {
        "id": f"vsfb_{call.number:06d}",
        "object": "vector_store.files_batch",
        "created_at": call.created,
        "status": "in_progress",
        "vector_store_id": call.ids[0],
        "file_counts": _counts(done=0, waiting=len(files)),
    }
    return json_reply(call.store.add(made), indent=2)


def poll_batch(call: Call) -> Reply:
    """`GET /v1/vector_stores/{}/file_batches/{}`: on its way at first, then ready."""
    known = call.store.find(call.ids[1])
    if known is None:
        return call.missing()
    total = known["file_counts"]["total"]
    call.store.add({**known, "status": "completed", "file_counts": _counts(done=total, waiting=0)})
    return _poll_again(json_reply(known, indent=2))


def _poll_again(reply: Reply) -> Reply:
    return Reply(body=reply.body, headers={"openai-poll-after-ms": "1"})


def _counts(*, done: int, waiting: int) -> Json:
    return {"in_progress": waiting, "completed": done, "failed": 0, "cancelled": 0, "total": done + waiting}


ROUTES: Final[Routes] = {
    ("POST", "/v1/vector_stores"): create_store,
    ("GET", "/v1/vector_stores"): lambda call: listing(call, "vs_"),
    ("GET", "/v1/vector_stores/{}"): retrieve,
    ("POST", "/v1/vector_stores/{}"): update_store,
    ("DELETE", "/v1/vector_stores/{}"): delete_store,
    ("POST", "/v1/vector_stores/{}/search"): search,
    ("POST", "/v1/vector_stores/{}/files"): add_file,
    ("GET", "/v1/vector_stores/{}/files/{}"): poll_file,
    ("POST", "/v1/vector_stores/{}/file_batches"): add_batch,
    ("GET", "/v1/vector_stores/{}/file_batches/{}"): poll_batch,
}
