"""The register of trusted documents (受信任文档登记): read from files, checked, taken all or none."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate
from tortoise import Tortoise

from api.limits import Limits, limit_errors
from models.config import orm_config
from policy.terms import Role
from services import documents
from services.documents import Document, hash_of

APOLLO = "apollo-persisted-query-manifest"


class BadManifest(Exception):
    """A file that cannot be registered; the message names every fault."""


def read_manifest(file: Path, roles: Iterable[Role]) -> list[Document]:
    """The documents of a manifest: Apollo's or Relay's JSON, or one document in a .graphql file."""
    text = file.read_text("utf-8")
    wanted = frozenset(roles)
    if file.suffix in (".graphql", ".gql"):
        return [Document(name_of(text), text, wanted)]
    try:
        said = json.loads(text)
    except ValueError as error:
        raise BadManifest(f"{file.name} is neither JSON nor a .graphql file: {error}") from error
    entries = entries_of(said)
    if entries is None:
        raise BadManifest(
            f"{file.name} has no form known here: {APOLLO}, or an object of hashes and documents."
        )
    if wrong := [sha256 for sha256, body in entries if hash_of(body) != sha256]:
        raise BadManifest("These hashes are not the SHA-256 of their documents:\n" + "\n".join(wrong))
    return [Document(name_of(body), body, wanted) for _, body in entries]


def entries_of(said: object) -> list[tuple[str, str]] | None:
    """Hashes and documents of a manifest; None when it has another form."""
    if not isinstance(said, dict):
        return None
    if said.get("format") == APOLLO:
        operations = said.get("operations")
        pairs = [(one.get("id"), one.get("body")) for one in operations or [] if isinstance(one, dict)]
    else:
        pairs = list(said.items())
    is_known = bool(pairs) and all(isinstance(part, str) for pair in pairs for part in pair)
    return [(str(sha256), str(body)) for sha256, body in pairs] if is_known else None


def name_of(text: str) -> str:
    """The name of a document's first operation."""
    try:
        definitions = parse(text).definitions
    except GraphQLError:
        return ""
    names = (node.name for node in definitions if isinstance(node, OperationDefinitionNode))
    return next((name.value for name in names if name), "")


def problems(schema: GraphQLSchema, found: Iterable[Document]) -> list[str]:
    """What keeps documents from being executed, each under its document's name."""
    return [
        f"{document.name or document.sha256[:12]}: {error.message}"
        for document in found
        for error in errors_of(schema, document.text)
    ]


def errors_of(schema: GraphQLSchema, text: str) -> list[GraphQLError]:
    """The faults of one document."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return [error]
    return validate(schema, document) or limit_errors(document, Limits())


async def register(database_url: str, schema: GraphQLSchema, found: list[Document]) -> int:
    """Register documents that all fit the schema; gives how many are new."""
    if faults := problems(schema, found):
        raise BadManifest("\n".join(faults))
    await Tortoise.init(config=orm_config(database_url))
    try:
        return await documents.register(found, datetime.now(UTC))
    finally:
        await Tortoise.close_connections()
