"""Why no recording answers a call."""
