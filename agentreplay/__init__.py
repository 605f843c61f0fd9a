"""Record what an agent's models answer, replay it offline.

    with agentreplay.cassette("test_weather"):
        run_my_agent()

The first run records, later ones replay: deterministic, offline, without a key.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentreplay._public import *  # noqa: F403
    from agentreplay._public import __all__ as __all__
else:
    # Public names are listed in `_public`, which is loaded with all that it needs when the first of them is asked for:
    # pytest loads its plugin out of this package in every run, also in those that never use it.
    def __getattr__(name: str) -> Any:
        if name in {"__all__", "__version__"} or not name.startswith("_"):
            from agentreplay import _public

            if name == "__all__" or name in _public.__all__:
                globals()[name] = found = getattr(_public, name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)

    def __dir__() -> list[str]:
        from agentreplay import _public

        return sorted({*globals(), *_public.__all__})


def _install_where_nothing_goes_live() -> None:
    """Clients are often built when a module is imported, before any cassette is open, and must not want a key then."""
    from agentreplay._install import install
    from agentreplay._modes import Mode, mode_from_environment

    if mode_from_environment() is Mode.REPLAY:
        install()


if os.environ.get("AGENTREPLAY_MODE", "").strip():
    _install_where_nothing_goes_live()
