"""Pure functions from evidence to findings, one module per subject."""
