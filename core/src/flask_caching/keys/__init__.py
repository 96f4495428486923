"""Under which key does an answer lie? Pure functions: nothing here reads or writes a store."""
