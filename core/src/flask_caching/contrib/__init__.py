"""The old place of the backends that users contributed."""
