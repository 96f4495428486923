"""The backends; each is found by its name in `CACHE_TYPE`."""
