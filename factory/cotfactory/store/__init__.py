"""The run store: what was accepted is durable, and appears whole or not at all."""
