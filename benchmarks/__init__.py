"""What replaying costs, beside the real SDK and other tools: `make bench`.

`python -m benchmarks` prints the table, and with `--out DIR` writes it as JSON and as a chart; `python -m
benchmarks.growth` measures how cost and size grow. `--smoke` makes both quick: their numbers then mean nothing.
"""
