"""Reads and compares mathematical answers without ever executing them."""
