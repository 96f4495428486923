"""Search the standard library of the Python that runs this: a small application that caches."""
