"""Plays the corpus in this interpreter's environment and prints what was seen, as JSON.

python runner.py 2.5    plays what Flask-Caching 2.5 offers
"""

from __future__ import annotations

import json
import sys
import traceback

from corpus import scenarios
from corpus.record import Record
from originals import BROKE_OFF


def main(version):
    seen = {}
    for name, scenario in scenarios().items():
        if scenario.since > version:
            continue
        record = Record()
        try:
            scenario.play(record)
        except Exception:  # noqa: BLE001 (whatever it is, the test reports it)
            record.seen[BROKE_OFF] = traceback.format_exc()
        seen[name] = record.seen
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(tuple(int(part) for part in sys.argv[1].split(".")))
