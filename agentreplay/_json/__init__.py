"""JSON: values as programs hold them, and their texts."""
