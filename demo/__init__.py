"""A tool-calling agent on two real SDKs, recorded and replayed: `make demo`."""
