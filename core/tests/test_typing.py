"""What the type checkers read in ``typing/`` also holds at run time."""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typing"


def checks():
    """Import each module of the folder and give its checks."""
    for path in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"typing_of_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, check in vars(module).items():
            if name.startswith("check_"):
                yield pytest.param(check, id=f"{path.stem}-{name}")


@pytest.mark.parametrize("check", list(checks()))
def test_what_is_said_about_types_can_be_run(check):
    check()
