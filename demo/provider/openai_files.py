"""OpenAI's files, uploads in parts, batches and fine-tuning jobs."""

from __future__ import annotations

from typing import Any, Final

from demo.provider.exchange import Json, Reply, json_reply
from demo.provider.routing import Call, Routes
from demo.provider.store import Store
from demo.provider.vendors import CREATED


def fill(store: Store) -> None:
    """Put in what is there from the start: five of each, so that a list has pages."""
    for number in range(1, 6):
        store.add(_file(f"file-there{number}", f"there-{number}.txt", 6, "assistants"), f"there {number}".encode())
        store.add(_job(f"ftjob-there{number}", "gpt-4o-mini", "file-there1", "succeeded"))
        store.add(_batch(f"batch_there{number}", {"input_file_id": f"file-there{number}"}, CREATED))


def create_file(call: Call) -> Reply:
    """`POST /v1/files`."""
    part = call.request.files[0]
    purpose = call.request.fields.get("purpose", "assistants")
    created = _file(f"file-{call.number:06d}", part.filename or "upload", len(part.content), purpose, call.created)
    return json_reply(call.store.add(created, part.content), indent=2)


def download_file(call: Call) -> Reply:
    """`GET /v1/files/{}/content`: the bytes as they were sent."""
    known = call.store.find(call.ids[0])
    if known is None:
        return call.missing()
    named = {"content-disposition": f'attachment; filename="{known["filename"]}"'}
    return Reply(body=call.store.content(call.ids[0]), content_type="application/octet-stream", headers=named)


def create_upload(call: Call) -> Reply:
    """`POST /v1/uploads`."""
    keep = {key: call.body[key] for key in ("bytes", "filename", "purpose")}
    times = {"created_at": call.created, "expires_at": call.created + 3600}
    upload = {"id": f"upload_{call.number:06d}", "object": "upload", **keep, **times, "status": "pending", "file": None}
    return json_reply(call.store.add(upload), indent=2)


def add_part(call: Call) -> Reply:
    """`POST /v1/uploads/{}/parts`."""
    part = {"id": f"part_{call.number:06d}", "object": "upload.part", "created_at": call.created}
    stored = {**part, "upload_id": call.ids[0]}
    return json_reply(call.store.add(stored, call.request.files[0].content), indent=2)


def complete_upload(call: Call) -> Reply:
    """`POST /v1/uploads/{}/complete`: a file of all parts in the order that the request names."""
    upload = call.store.find(call.ids[0])
    if upload is None:
        return call.missing()
    content = b"".join(call.store.content(part) for part in call.body["part_ids"])
    made = _file(f"file-{call.number:06d}", upload["filename"], len(content), upload["purpose"], call.created)
    call.store.add(made, content)
    return json_reply(call.store.add({**upload, "status": "completed", "file": made}), indent=2)


def cancel_upload(call: Call) -> Reply:
    """`POST /v1/uploads/{}/cancel`."""
    upload = call.store.find(call.ids[0])
    return json_reply(call.store.add({**upload, "status": "cancelled"}), indent=2) if upload else call.missing()


def create_batch(call: Call) -> Reply:
    """`POST /v1/batches`."""
    return json_reply(call.store.add(_batch(f"batch_{call.number:06d}", call.body, call.created)), indent=2)


def cancel_batch(call: Call) -> Reply:
    """`POST /v1/batches/{}/cancel`."""
    batch = call.store.find(call.ids[0])
    return json_reply(call.store.add({**batch, "status": "cancelling"})) if batch else call.missing()


def create_job(call: Call) -> Reply:
    """`POST /v1/fine_tuning/jobs`."""
    made = _job(f"ftjob-{call.number:06d}", call.body["model"], call.body["training_file"], "queued", call.created)
    return json_reply(call.store.add(made), indent=2)


def cancel_job(call: Call) -> Reply:
    """`POST /v1/fine_tuning/jobs/{}/cancel`."""
    job = call.store.find(call.ids[0])
    return json_reply(call.store.add({**job, "status": "cancelled"}), indent=2) if job else call.missing()


def list_job_events(call: Call) -> Reply:
    """`GET /v1/fine_tuning/jobs/{}/events`: one event."""
    event: Json = {
        "id": f"ftevent-{call.ids[0]}",
        "object": "fine_tuning.job.event",
        "created_at": CREATED,
        "level": "info",
        "message": "The job has begun.",
        "type": "message",
        "data": {},
    }
    return json_reply({"object": "list", "data": [event], "has_more": False}, indent=2)


def retrieve(call: Call) -> Reply:
    """Any of these objects by its id."""
    known = call.store.find(call.ids[0])
    return json_reply(known, indent=2) if known else call.missing()


def delete_file(call: Call) -> Reply:
    """`DELETE /v1/files/{}`."""
    gone = call.store.remove(call.ids[0])
    return json_reply({"id": call.ids[0], "object": "file", "deleted": True}, indent=2) if gone else call.missing()


def listing(call: Call, prefix: str) -> Reply:
    """A page of the objects whose ids begin with `prefix`, behind the one that the query names as `after`."""
    shown, more = call.page(prefix, call.request.query.get("after"))
    ends = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {"first_id": None, "last_id": None}
    return json_reply({"object": "list", "data": shown, **ends, "has_more": more}, indent=2)


def _file(file_id: str, name: str, size: int, purpose: str, created: int = CREATED) -> Json:
    return {
        "object": "file",
        "id": file_id,
        "purpose": purpose,
        "filename": name,
        "bytes": size,
        "created_at": created,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }


def _batch(batch_id: str, given: Json, created: int) -> Json:
    moments: dict[str, Any] = dict.fromkeys(
        (*(f"{step}_at" for step in ("in_progress", "finalizing", "completed", "failed", "expired")), "cancelled_at")
    )
    return {
        "id": batch_id,
        "object": "batch",
        "endpoint": given.get("endpoint", "/v1/chat/completions"),
        "errors": None,
        "input_file_id": given["input_file_id"],
        "completion_window": given.get("completion_window", "24h"),
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": created,
        "expires_at": created + 86400,
        **moments,
        "cancelling_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": given.get("metadata"),
    }


def _job(job_id: str, model: str, training_file: str, status: str, created: int = CREATED) -> Json:
    return {
        "object": "fine_tuning.job",
        "id": job_id,
        "model": model,
        "created_at": created,
        "error": None,
        "fine_tuned_model": None,
        "finished_at": None,
        "hyperparameters": {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"},
        "organization_id": "org-of-the-key",
        "result_files": [],
        "seed": 7,
        "status": status,
        "trained_tokens": None,
        "training_file": training_file,
        "validation_file": None,
    }


ROUTES: Final[Routes] = {
    ("POST", "/v1/files"): create_file,
    ("GET", "/v1/files"): lambda call: listing(call, "file-"),
    ("GET", "/v1/files/{}"): retrieve,
    ("GET", "/v1/files/{}/content"): download_file,
    ("DELETE", "/v1/files/{}"): delete_file,
    ("POST", "/v1/uploads"): create_upload,
    ("POST", "/v1/uploads/{}/parts"): add_part,
    ("POST", "/v1/uploads/{}/complete"): complete_upload,
    ("POST", "/v1/uploads/{}/cancel"): cancel_upload,
    ("POST", "/v1/batches"): create_batch,
    ("GET", "/v1/batches"): lambda call: listing(call, "batch_"),
    ("GET", "/v1/batches/{}"): retrieve,
    ("POST", "/v1/batches/{}/cancel"): cancel_batch,
    ("POST", "/v1/fine_tuning/jobs"): create_job,
    ("GET", "/v1/fine_tuning/jobs"): lambda call: listing(call, "ftjob-"),
    ("GET", "/v1/fine_tuning/jobs/{}"): retrieve,
    ("POST", "/v1/fine_tuning/jobs/{}/cancel"): cancel_job,
    ("GET", "/v1/fine_tuning/jobs/{}/events"): list_job_events,
}
