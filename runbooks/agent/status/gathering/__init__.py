"""I/O from a cluster into the evidence, one module per kind of question."""
