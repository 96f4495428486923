from __future__ import annotations

from pathlib import Path

from stdlib_search.corpus import find_modules, modules, submodules
from stdlib_search.tests import naive


def test_modules_are_those_of_the_standard_library() -> None:
    assert set(modules()) == set(naive.texts())
    assert {"os", "json", "json.decoder", "concurrent.futures"} <= set(modules())


def test_what_is_installed_or_no_module_is_left_out(tmp_path: Path) -> None:
    for name in ("a.py", "p/__init__.py", "p/b.py", "site-packages/c.py", "__pycache__/d.py"):
        write(tmp_path / name)
    for name in ("config-3.11/e.py", "f-g.py", "notes.txt"):
        write(tmp_path / name)

    found = {module.name for module in find_modules(tmp_path)}

    assert found == {"a", "p", "p.b"}


def test_a_text_that_is_not_utf_8_can_be_read(tmp_path: Path) -> None:
    write(tmp_path / "latin.py", b"# caf\xe9\r\nx = 1\r\n")

    (module,) = find_modules(tmp_path)

    assert module.read() == "# caf\ufffd\nx = 1\n"


def test_tests_are_told_from_what_they_test(tmp_path: Path) -> None:
    write(tmp_path / "test" / "test_os.py")
    write(tmp_path / "contest.py")

    assert {m.name: m.is_test for m in find_modules(tmp_path)} == {
        "test.test_os": True,
        "contest": False,
    }


def test_submodules_are_one_level_below() -> None:
    names = [module.name for module in submodules("concurrent")]

    assert names == ["concurrent.futures"]


def write(path: Path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
