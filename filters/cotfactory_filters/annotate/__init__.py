"""Annotators: each measures columns on batches of traces."""
