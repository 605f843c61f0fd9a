"""The words of a miss."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from agentreplay._errors import CassetteMismatchError

_VALUE_LIMIT: Final = 200


def miss_text(miss: CassetteMismatchError) -> str:
    """The text of this miss, plain."""
    where = str(miss.cassette_path) if miss.cassette_path else "the cassette"
    lines = [
        f"no recorded interaction answers {miss.request.method} (model {miss.request.model}): {miss.reason.value}.",
        f"Looked in {where}, mode {miss.mode}: {len(miss.used)} used, {miss.remaining} not used yet.",
    ]
    for difference in miss.differences:
        lines.append(f"  {difference.path}: recorded {_short(difference.recorded)}, now {_short(difference.actual)}")
    lines.append("Record again with AGENTREPLAY_MODE=record or cassette(..., mode='record').")
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= _VALUE_LIMIT else f"{text[:_VALUE_LIMIT]}…"
