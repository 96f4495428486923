"""What is timed: each operation by each library that has it.

These modules run in the peers' environment too: they import what they need where they need it, and
nothing of this repository but Flask-Caching by its import name, which is 2.5.1 there.
"""
