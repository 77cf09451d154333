"""Asking as the callers of the grid do (权限检验请求), and what became of it in the grid's words."""

from uuid import uuid4

from models import FaceEnrolment
from ops import road_documents as documents
from ops.client import Client, Json, Refused, RequestFailed
from ops.world import cast
from ops.world.days import DEMO_NOW
from ops.world.ids import member_id
from tests.access.grid import KEYLESS, MUTATIONS, wanted_of
from tests.access.things import Things
from tests.cards import card_numbers
from tests.services.stage import document, png, post

ENROLMENT = ("enrolFace", "withdrawFace")
WITH_FILES = ("submitIdentityCheck", "uploadStock")
FILES = (*WITH_FILES, "enrolFace")
PICTURE = png(400, 300)


async def answers(things: Things, field: str) -> tuple[dict[str, str], dict[str, str]]:
    """What became of each caller's call of a field, and what the grid says."""
    # a client without a token sends no files
    wanted = {name: said for name, said in wanted_of(field).items() if name != "nobody" or field not in FILES}
    # those who may not come first: what the others do changes the state of things
    turns = sorted(wanted, key=lambda name: wanted[name] == "allowed")
    return {name: outcome_of(await ask(things.callers[name], things, field)) for name in turns}, wanted


def outcome_of(body: Json) -> str:
    """What became of a call, in the words of the grid."""
    if errors := body.get("errors"):
        code: str = errors[0]["extensions"]["code"]
        return "allowed" if code == "BAD_USER_INPUT" else code
    (result,) = body["data"].values()
    violations = result.get("violations", []) if isinstance(result, dict) else []
    missing = [one["code"] for one in violations if one["code"] == "FAMILY_GRANT_MISSING"]
    return missing[0] if missing else "allowed"


async def ask(client: Client, things: Things, field: str) -> Json:
    """Call a root field over HTTP."""
    if field in MUTATIONS:
        if field in WITH_FILES and client.token:
            return await upload(client, field, things.fill["id"])
        if field in ENROLMENT:
            return await enrol(client, field)
        given = things.values(field) if field in KEYLESS else things.input(field)
        return await send(client, document(field), {"input": given})
    wanted, variables = things.query_of(field)
    head = {
        "prescription": "($prescription: PrescriptionInput!)",
        "input": f"($input: {field[0].upper()}{field[1:]}Input!)",
    }
    given_names = "".join(head[name] for name in variables)
    return await send(client, f"query Q{given_names} {{ {wanted} }}", variables)


async def send(client: Client, query: str, variables: Json) -> Json:
    """Post, with a token only where there is one."""
    if client.token:
        return await post(client, query, variables)
    body = {"query": query, "variables": variables}
    answer: Json = (await client.http.post(f"{client.url}/graphql", json=body)).json()
    return answer


async def enrol(client: Client, field: str) -> Json:
    """Enrol the patient's face, or withdraw one that is there."""
    given = {"memberId": str(member_id(cast.FUJIAN_PATIENT))}
    if field == "withdrawFace":
        await FaceEnrolment.create(member_id=given["memberId"], image_key="", consented_at=DEMO_NOW)
        given["idempotencyKey"] = str(uuid4())
        return await send(client, document(field), {"input": given})
    try:
        wanted = {"picture": PICTURE}
        data = await client.upload(document(field), wanted, consentVersion="2026-01", **given)
    except RequestFailed as failed:
        return {"errors": failed.errors}
    return {"data": {"x": data}}


async def upload(client: Client, field: str, fill_id: str) -> Json:
    """Send files: an empty stock file, or a picture with the card for a fill."""
    try:
        if field == "uploadStock":
            data = await client.upload(document(field), {"file": b""})
        else:
            numbers = await card_numbers(fill_id)
            pictures = {"live": PICTURE, "card": PICTURE}
            data = await client.upload(documents.CHECK_FACE, pictures, fillId=fill_id, **numbers)
    except RequestFailed as failed:
        return {"errors": failed.errors}
    except Refused as refused:
        return {"data": {"x": {"violations": refused.violations}}}
    return {"data": {"x": data}}
