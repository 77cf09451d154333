"""The key ring (密钥环)."""

import json
import threading
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engines.keys import KeyRing, KeyRingBroken, NotDecryptable, UnknownKey

NAME = "示例参保人01"
CONTEXT = b"member:name"


def test_decrypts_what_it_encrypted_and_never_writes_the_same_twice() -> None:
    ring = KeyRing.generate()

    first, second = (ring.encrypt_text(NAME, context=CONTEXT) for _ in range(2))

    assert ring.decrypt_text(first, context=CONTEXT) == NAME
    assert ring.decrypt(second, context=CONTEXT) == NAME.encode()
    assert first != second
    assert NAME.encode() not in first


def test_refuses_a_ciphertext_in_another_context() -> None:
    ring = KeyRing.generate()
    sealed = ring.encrypt_text(NAME, context=CONTEXT)

    with pytest.raises(NotDecryptable, match="another context"):
        ring.decrypt(sealed, context=b"member:id_number")


def test_refuses_every_changed_or_cut_ciphertext() -> None:
    ring = KeyRing.generate()
    sealed = ring.encrypt_text(NAME, context=CONTEXT)
    changed = [bytes([*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :]]) for at in range(len(sealed))]
    cut = [sealed[:length] for length in range(len(sealed))]

    for broken in changed + cut:
        with pytest.raises((NotDecryptable, UnknownKey)):
            ring.decrypt(broken, context=CONTEXT)


def test_names_the_key_that_is_missing() -> None:
    sealed = KeyRing.generate("k2025").encrypt(b"x", context=CONTEXT)

    with pytest.raises(UnknownKey, match=r"'k2025' is not on the key ring, only k2026") as caught:
        KeyRing.generate("k2026").decrypt(sealed, context=CONTEXT)

    assert caught.value.key_id == "k2025"


def test_reads_old_ciphertexts_after_a_rotation_and_says_that_they_need_renewal() -> None:
    old = KeyRing.generate("k1")
    sealed = old.encrypt_text(NAME, context=CONTEXT)

    ring = old.rotated("k2")

    assert ring.decrypt_text(sealed, context=CONTEXT) == NAME
    assert ring.needs_renewal(sealed)
    assert not ring.needs_renewal(ring.encrypt_text(NAME, context=CONTEXT))
    assert ring.lookup_hash(NAME) == old.lookup_hash(NAME)
    with pytest.raises(KeyRingBroken, match="'k2' is already"):
        ring.with_key("k2")


def test_finds_a_number_however_it_was_typed_but_only_with_its_own_key() -> None:
    ring = KeyRing.generate()
    writings = ["99010119800101001X", "99010119800101001x", "99010119800101001X", " 99010119800101001X\n"]

    hashes = {ring.lookup_hash(writing) for writing in writings}

    assert len(hashes) == 1
    assert len(hashes.pop()) == 64
    assert ring.lookup_hash("990101198001010028") != ring.lookup_hash(writings[0])
    assert KeyRing.generate().lookup_hash(writings[0]) != ring.lookup_hash(writings[0])


def test_reads_itself_from_text_and_from_a_file(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    path = tmp_path / "keys.json"
    path.write_text(ring.to_json(), encoding="utf-8")

    assert KeyRing.read(ring.to_json()) == ring
    assert KeyRing.read(str(path)) == ring


def test_never_shows_its_keys() -> None:
    ring = KeyRing.generate()

    shown = f"{ring!r} {ring}"

    assert "k1" in shown
    assert repr(ring.lookup) not in shown
    assert repr(ring.keys["k1"]) not in shown


def test_makes_a_private_file_once_and_reads_it_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"

    made = KeyRing.load_or_create(path)

    assert KeyRing.load_or_create(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_gives_all_who_race_for_a_new_file_the_same_ring(tmp_path: Path) -> None:
    path, made, start = tmp_path / "keys.json", list[KeyRing](), threading.Barrier(8)

    def race() -> None:
        start.wait()
        made.append(KeyRing.load_or_create(path))

    racers = [threading.Thread(target=race) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert len(made) == 8
    assert all(ring == made[0] for ring in made)
    assert list(tmp_path.iterdir()) == [path]


GOOD = b64encode(bytes(32)).decode()
SHORT = b64encode(bytes(16)).decode()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("not json", "not JSON"),
        ([], "must look like"),
        ({"current": "k1", "lookup": GOOD}, "must look like"),
        ({"current": "k1", "keys": {}, "lookup": GOOD}, "'k1' is not among"),
        ({"current": "k2", "keys": {"k1": GOOD}, "lookup": GOOD}, "'k2' is not among k1"),
        ({"current": "k1", "keys": {"k1": SHORT}, "lookup": GOOD}, "'k1' has 16 bytes; it needs 32"),
        ({"current": "k1", "keys": {"k1": "?"}, "lookup": GOOD}, "'k1' is not base64"),
        ({"current": "k1", "keys": {"k1": 7}, "lookup": GOOD}, "'k1' is missing or is no text"),
        ({"current": "k1", "keys": {"k1": GOOD}}, "lookup key is missing"),
        ({"current": "k1", "keys": {"k1": GOOD}, "lookup": SHORT}, "lookup key has 16 bytes"),
        ({"current": "钥", "keys": {"钥": GOOD}, "lookup": GOOD}, "must be 1 to 32 letters"),
    ],
)
def test_says_what_is_wrong_with_a_ring(document: object, complaint: str) -> None:
    text = document if isinstance(document, str) else json.dumps(document)

    with pytest.raises(KeyRingBroken, match=complaint):
        KeyRing.from_json(text)


def test_says_which_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(KeyRingBroken, match=r"absent\.json cannot be read: No such file"):
        KeyRing.read(str(tmp_path / "absent.json"))

    (tmp_path / "bad.json").write_bytes(b"\xff\xfe")
    with pytest.raises(KeyRingBroken, match=r"bad\.json"):
        KeyRing.from_file(tmp_path / "bad.json")


def test_a_ring_that_is_written_anew_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyRing.generate().write(path)
    path.chmod(0o640)
    before = path.stat()

    KeyRing.from_file(path).rotated("k2").write(path)

    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert KeyRing.from_file(path).current == "k2"
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]


def test_a_ring_with_old_lookup_keys_is_read_as_it_was_written() -> None:
    ring = KeyRing.generate().with_new_lookup(datetime(2026, 3, 16, tzinfo=UTC))

    again = KeyRing.from_json(ring.to_json())

    assert again == ring
    assert again.lookup_hashes(NAME) == ring.lookup_hashes(NAME)
    assert len(set(again.lookup_hashes(NAME))) == 2
    assert again.without_old_lookups().lookup_hashes(NAME) == ring.lookup_hashes(NAME)[:1]
