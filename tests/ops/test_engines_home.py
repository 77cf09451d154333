"""The tests' engines lie in memory, and leave nothing there."""

from pathlib import Path

import pytest

from ops.locks import try_lock
from tests import engines_home as homes


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for memory."""
    monkeypatch.setattr(homes, "MEMORY", tmp_path)
    monkeypatch.setattr(homes, "ROOM", 0)
    return tmp_path


def test_a_home_goes_with_its_test(memory: Path) -> None:
    with homes.engines_home() as home:
        assert home.parent == memory
        (home / "engines").mkdir()

    assert list(memory.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_and_what_is_used_stays(memory: Path) -> None:
    left, used = memory / f"{homes.PREFIX}left", memory / f"{homes.PREFIX}used"
    for folder in (left, used):
        folder.mkdir()
        (folder / homes.USED).touch()

    with (used / homes.USED).open("r+") as held:
        assert try_lock(held)
        with homes.engines_home() as home:
            assert sorted(memory.iterdir()) == sorted([home, used])


def test_without_room_in_memory_they_lie_on_the_disk(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "ROOM", 2**80)

    with homes.engines_home() as home:
        assert memory not in home.parents
