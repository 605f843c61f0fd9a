"""Whether this process declares itself production."""

from __future__ import annotations

import os
from typing import Final

ENVIRONMENT_VARIABLE: Final = "AGENTREPLAY_ENV"

_PRODUCTION: Final = frozenset({"production", "prod"})


def in_production() -> bool:
    """Whether `AGENTREPLAY_ENV` says `production` (or `prod`), in any case."""
    return os.environ.get(ENVIRONMENT_VARIABLE, "").strip().lower() in _PRODUCTION
