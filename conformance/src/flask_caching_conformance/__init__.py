"""What must every backend pass? `BackendConformance`, subclassed by the tests of a backend."""
