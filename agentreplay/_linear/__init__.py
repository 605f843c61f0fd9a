"""What repeats in a cassette stands in its file once: values are written as what differs from earlier ones.

A conversation sends all that was said with each request. In the file a request says "as in the interaction before, and
these"; in memory each has its whole body. `docs/format.md` has the notation. Pure: JSON values in, JSON values out.
"""
