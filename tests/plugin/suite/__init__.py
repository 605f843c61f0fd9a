"""A project of its own, which the tests beside it copy and run."""
