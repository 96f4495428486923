"""What is installed: the original beside this package, and files that are not ours any more."""

import base64
import hashlib
import importlib.metadata

import pytest

from flask_caching.installation import installation_findings

REINSTALL = "pip install --force-reinstall flask-caching-core"


@pytest.fixture
def install_core(install):
    """Give a function that installs the core as from a wheel, with a list of its files."""

    def install_core(files, listed):
        names = {"simple": "simple:SimpleCache", "null": "null:NullCache"}
        backends = {name: f"flask_caching.backends.{value}" for name, value in names.items()}
        modules = {f"flask_caching/{name}": source for name, source in files.items()}
        site = install("flask-caching-core", modules, backends=backends)
        rows = [f"flask_caching/{name},{sealed(source)}" for name, source in listed.items()]
        record = site / "flask_caching_core-1.0.dist-info" / "RECORD"
        record.write_text("".join(f"{row}\n" for row in [*rows, f"{record.name},,"]))

    return install_core


def sealed(source):
    """Write down a file's hash and size as a wheel's RECORD does."""
    if source is None:
        return ","
    digest = hashlib.sha256(source.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},{len(source)}"


@pytest.fixture
def examine():
    """Give a function that returns what is wrong with the installation."""

    def examine():
        return [finding.text for finding in installation_findings() if not finding.is_well]

    return examine


def test_the_original_beside_this_one_is_wrong(install, examine):
    install("Flask-Caching", {})

    [finding] = examine()

    assert finding == (
        "The original Flask-Caching 1.0 is installed in the same package folder. Repair: "
        f"pip uninstall Flask-Caching, then {REINSTALL}."
    )


def test_the_distribution_that_stands_for_this_one_is_well(install, examine):
    site = install("Flask-Caching", {})
    metadata = site / "Flask_Caching-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "2.5.1+plugins.1"))

    seen = examine()

    assert seen == []


def test_no_distribution_of_that_name_is_well(monkeypatch, examine):
    found = importlib.metadata.version

    def version(name):
        if name == "Flask-Caching":
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(importlib.metadata, "version", version)

    seen = examine()

    assert seen == []


def test_files_as_they_were_installed_are_well(install_core, examine):
    install_core(
        files={"extension.py": "ours", "cli.pyc": "compiled"},
        listed={"extension.py": "ours", "cli.pyc": None},
    )

    seen = examine()

    assert seen == []


@pytest.mark.parametrize("files", [{"extension.py": "theirs"}, {}], ids=["overwritten", "deleted"])
def test_files_that_were_overwritten_or_deleted_are_wrong(install_core, examine, files):
    install_core(
        files={**files, "lookup.py": "same"}, listed={"extension.py": "ours", "lookup.py": "same"}
    )

    [finding] = examine()

    assert finding == (
        "Files of flask-caching-core were overwritten or are gone: flask_caching/extension.py. "
        f"Repair: {REINSTALL}."
    )
