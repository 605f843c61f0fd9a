"""A proof, not a part of the test run: the SDKs' own test suites, plain, recorded and replayed (see README.md)."""
