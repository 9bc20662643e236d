"""Verifiers: each says whether a trace answers its problem."""
