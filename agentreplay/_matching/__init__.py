"""Which recorded interaction answers a request."""
