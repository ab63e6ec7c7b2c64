"""Names and paths of what travels with the library."""

from pathlib import Path

import pytest

from pse_opt import resources
from pse_opt.errors import InputError
from tests.conftest import only

KIND = ("instances", "instance.toml")


def test_a_shipped_name_is_found_in_the_checkout():
    assert "tiny-two-districts" in resources.names(*KIND)
    found = resources.resolve("tiny-two-districts", *KIND)
    assert (found / "instance.toml").is_file()


def test_an_existing_folder_wins_over_a_shipped_name(tmp_path, monkeypatch):
    mine = tmp_path / "tiny-two-districts"
    mine.mkdir()
    (mine / "instance.toml").write_text('name = "mine"')
    monkeypatch.chdir(tmp_path)
    assert resources.resolve("tiny-two-districts", *KIND).resolve() == mine.resolve()


def test_the_document_itself_stands_for_its_folder(folder):
    assert resources.resolve(folder / "instance.toml", *KIND) == folder


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InputError) as caught:
        resources.resolve("tiny-two-district", *KIND)
    assert "did you mean 'tiny-two-districts'?" in only(caught.value).remedy


def test_a_folder_that_is_no_instance_says_what_is_missing(tmp_path):
    with pytest.raises(InputError) as caught:
        resources.resolve(tmp_path, *KIND)
    problem = only(caught.value)
    assert problem.where == str(tmp_path)
    assert "instance.toml" in problem.message


def test_outside_a_checkout_the_copy_in_the_wheel_is_used(tmp_path, monkeypatch):
    package = tmp_path / "site" / "pse_opt"
    package.mkdir(parents=True)
    (tmp_path / "site" / "pyproject.toml").write_text('[project]\nname = "someone-elses"')
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    resources.share.cache_clear()
    try:
        assert resources.share() == Path(package).resolve() / "_share"
    finally:
        resources.share.cache_clear()
