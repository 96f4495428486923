"""An example: see `app.py`."""
