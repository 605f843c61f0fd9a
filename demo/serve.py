"""The demo's provider, until it is interrupted, for programs of your own: `python -m demo.serve`."""

from __future__ import annotations

import sys
import threading

from demo.provider import Provider
from demo.scripted_model import scripted_model


def main() -> None:
    """Serve, and say where."""
    with Provider(scripted_model) as provider:
        sys.stdout.write(f"export OPENAI_BASE_URL={provider.openai_url} OPENAI_API_KEY=none\n")
        sys.stdout.write(f"export ANTHROPIC_BASE_URL={provider.url} ANTHROPIC_API_KEY=none\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
