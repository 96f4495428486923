"""How fast is this beside its peers, and what does it cost where?

Every row of the table is an operation that several libraries have. Each library runs it in a
process of its own, the peers in an environment of their own, and all of them in turn, again and
again, so that whatever else the machine does meets them alike. `make bench` writes
docs/performance.md and fails where a goal is missed; `make bench-quick` looks for less long.
"""
