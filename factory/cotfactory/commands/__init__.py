"""Commands whose work is no station of a run."""
