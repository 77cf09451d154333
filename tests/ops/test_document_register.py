"""`yaolu documents register`: whole manifests that fit the schema, or nothing."""

import json
from pathlib import Path

import pytest
from tortoise import Tortoise

from models.config import orm_config
from ops.documents import BadManifest, read_manifest, register
from policy.terms import Role
from services import documents
from services.documents import hash_of
from tests.house import one_schema

MINE = "query Mine { prescriptions(first: 5) { edges { node { rxNo } } } }"
ORDERS = "subscription Orders { pharmacyEvents { cursor } }"


def manifest(folder: Path, *texts: str) -> Path:
    operations = [{"id": hash_of(text), "body": text, "name": "x", "type": "query"} for text in texts]
    file = folder / "manifest.json"
    file.write_text(
        json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations})
    )
    return file


async def test_a_manifest_is_registered_once_and_found_by_its_hashes(database: str, tmp_path: Path) -> None:
    found = read_manifest(manifest(tmp_path, MINE, ORDERS), [Role.PATIENT])

    new = await register(database, one_schema()._schema, found)
    again = await register(database, one_schema()._schema, found)

    assert (new, again) == (2, 0)
    await Tortoise.init(config=orm_config(database))
    kept = await documents.find(hash_of(MINE))
    removed = await documents.remove([hash_of(MINE)])
    gone = await documents.find(hash_of(MINE))
    await Tortoise.close_connections()
    assert kept is not None
    assert (kept.name, kept.text, kept.roles) == ("Mine", MINE, frozenset({Role.PATIENT}))
    assert (removed, gone) == (1, None)


async def test_one_document_that_does_not_fit_keeps_all_out(database: str, tmp_path: Path) -> None:
    found = read_manifest(manifest(tmp_path, MINE, "query Wrong { nothingOfThatName }", "{"), [])

    with pytest.raises(BadManifest) as refused:
        await register(database, one_schema()._schema, found)

    assert "Wrong: Cannot query field 'nothingOfThatName'" in str(refused.value)
    assert "Syntax Error" in str(refused.value)


def test_relays_form_and_single_files_are_read(tmp_path: Path) -> None:
    relay, single = tmp_path / "relay.json", tmp_path / "mine.graphql"
    relay.write_text(json.dumps({hash_of(MINE): MINE}))
    single.write_text(MINE)

    assert [document.name for file in (relay, single) for document in read_manifest(file, [])] == ["Mine"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "neither JSON"),
        ("[]", "no form known"),
        ('{"a": 1}', "no form known"),
        ('{"ab": "{ a }"}', "not the SHA-256"),
    ],
)
def test_another_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(text)

    with pytest.raises(BadManifest, match=said):
        read_manifest(file, [])
