"""Where the settings come from: defaults, the environment, the caller."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

DEFAULTS = {
    "CACHE_TYPE": "simple",
    "CACHE_DEFAULT_TIMEOUT": 300,  # seconds
}


def load(app: Flask, config: Mapping[str, Any] | None = None) -> None:
    """Take the defaults, over them `FLASK_…` from the environment, over both `config`.

    `FLASK_CACHE_TYPE=filesystem` becomes `CACHE_TYPE`. Values are read as JSON where they are
    JSON, so `FLASK_CACHE_DEFAULT_TIMEOUT=60` is a number.
    """
    app.config.from_mapping(DEFAULTS)
    if hasattr(app.config, "from_prefixed_env"):
        app.config.from_prefixed_env()
    else:  # Flask 2.1
        app.config.from_mapping(read_environment(os.environ))
    # The word `null` is also JSON for None, which is what is left of FLASK_CACHE_TYPE=null.
    app.config["CACHE_TYPE"] = app.config["CACHE_TYPE"] or "null"
    app.config.from_mapping(config or {})


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Do what `Config.from_prefixed_env` does in newer Flask, without nested names."""
    prefix = "FLASK_"
    return {
        name[len(prefix) :]: json_or_text(value)
        for name, value in environment.items()
        if name.startswith(prefix)
    }


def json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
