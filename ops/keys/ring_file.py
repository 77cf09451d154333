"""The key ring's file (密钥文件), changed by one command at a time."""

from collections.abc import Callable
from pathlib import Path

from engines.keys import KeyRing, KeyRingBroken
from ops.locks import locked


def ring_file(source: str) -> Path:
    """The file that YAOLU_KEYS names; the ring cannot be changed where the setting holds the ring itself."""
    if source.lstrip().startswith("{"):
        raise KeyRingBroken(
            "YAOLU_KEYS holds the ring itself: put it into a file, and the file's path there."
        )
    return Path(source)


def change_ring(path: Path, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
    """Read the ring, change it, write it (改写密钥环); gives the new one."""
    with locked(path.with_name(f"{path.name}.lock")):
        before = KeyRing.from_file(path)
        after = change(before)
        if after != before:
            after.write(path)
        return after
