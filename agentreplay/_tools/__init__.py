"""Functions of the program itself as tools: recorded and replayed like the calls of a model."""
