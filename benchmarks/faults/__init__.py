"""What do visitors of an application notice while its store fails?

An application under gunicorn, on a real server, with visitors all the while; the server is killed,
frozen, made slow, cut off. `plugins/*/tests/test_fault_run.py` do it in short; `make faults` at
length, and writes docs/outages.md from what was seen.
"""
