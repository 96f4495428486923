"""Do modes of files hold for a child that gave up root's power, and root's power stay here?"""

from __future__ import annotations

from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.powerless import obeys_modes


def test_a_child_obeys_modes(tmp_path):
    tmp_path.chmod(0o500)

    def write():
        assert obeys_modes()
        (tmp_path / "file").touch()

    try:
        assert "PermissionError" in in_child(write)
    finally:
        tmp_path.chmod(0o700)

    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
