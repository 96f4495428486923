"""What are files called while they are written? By names that are used again."""

from pathlib import Path

from flask_caching_filesystem.new_names import NewNames


def test_a_name_is_used_again_when_it_was_given_back():
    names = NewNames()
    one, other = names.take(), names.take()

    names.give_back(one)

    assert names.take() == one
    assert len({one, other, names.take()}) == 3


def test_nobody_elses_names_are_the_same():
    assert NewNames().take() != NewNames().take()


def test_a_file_that_could_not_be_removed_is_left_alone(backend):
    backend.set("key", 1)
    shelf, spot = backend._at(backend.name("key"))
    name = shelf._new_names().take()
    shelf._new_names().give_back(name)
    left = Path(spot.path).with_name(name)
    left.write_text("left")

    assert backend.set("key", 2) is True

    assert backend.get("key") == 2
    assert left.read_text() == "left"
