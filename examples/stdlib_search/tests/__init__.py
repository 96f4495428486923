"""Tests of the example: its parts one by one, and the whole of it over HTTP in `test_demo`."""
