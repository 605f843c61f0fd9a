"""The objects that a provider keeps: files, batches, jobs."""

from __future__ import annotations

import threading

from demo.provider.exchange import Json


class Store:
    """Objects by id, in the order in which they came; the sort of an object is the prefix of its id (`file-…`)."""

    def __init__(self) -> None:
        self._objects: dict[str, Json] = {}
        self._contents: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def add(self, value: Json, content: bytes = b"") -> Json:
        """Keep `value` under its `id`, and `content` with it."""
        with self._lock:
            self._objects[value["id"]] = value
            self._contents[value["id"]] = content
        return value

    def find(self, object_id: str) -> Json | None:
        """The object with this id."""
        return self._objects.get(object_id)

    def content(self, object_id: str) -> bytes:
        """The bytes that were kept with an object."""
        return self._contents.get(object_id, b"")

    def remove(self, object_id: str) -> Json | None:
        """Take the object with this id out."""
        with self._lock:
            return self._objects.pop(object_id, None)

    def listed(self, prefix: str) -> list[Json]:
        """All objects whose id begins with `prefix`, oldest first."""
        with self._lock:
            return [value for object_id, value in self._objects.items() if object_id.startswith(prefix)]


def page(values: list[Json], after: str | None, limit: int) -> tuple[list[Json], bool]:
    """At most `limit` of `values`, beginning behind the one whose id is `after`, and whether more follow."""
    ids = [value["id"] for value in values]
    start = ids.index(after) + 1 if after in ids else 0
    return values[start : start + limit], start + limit < len(values)
