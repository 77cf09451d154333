"""Everybody of a region without open sockets: for tests that look at single steps."""

import struct
import zlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models import FamilyGrant, Fill
from ops.client import Client, Json, Listener, RequestFailed
from ops.road import FUJIAN, Region, Road
from ops.world.ids import member_id
from policy.terms import FamilyRelation, FillState, GrantScope, Role
from services.actor import Actor
from tests.house import House

OUTCOME = "{ __typename ... on Refusal { violations { code message rule basis lineId limit actual } } }"


def walkers(house: House, region: Region = FUJIAN) -> Road:
    """The people of a region's road, signed in; nobody listens (静默主路)."""
    return Road(
        region=region,
        clock=house.clock,
        hospital=house.client(Role.HOSPITAL, region.hospital),
        patient=house.client(Role.PATIENT, region.patient),
        pharmacy=house.client(Role.PHARMACY, region.pharmacy),
        pharmacist=house.client(Role.PHARMACIST, region.pharmacist),
        patient_events=Listener(),
        pharmacy_events=Listener(),
        hospital_events=Listener(),
    )


def document(mutation: str) -> str:
    """A mutation that tells what became of it and no more."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    return f"mutation M($input: {kind}) {{ {mutation}(input: $input) {OUTCOME} }}"


async def post(client: Client, query: str, variables: Mapping[str, Any] | None = None) -> Json:
    """The whole body of an answer."""
    body = {"query": query, "variables": dict(variables or {})}
    answer = await client.http.post(f"{client.url}/graphql", json=body, headers=client.headers)
    found: Json = answer.json()
    return found


async def error_of(client: Client, query: str, variables: Mapping[str, Any] | None = None) -> Json:
    """The one error of an operation that must fail."""
    try:
        data = await client.execute(query, variables)
    except RequestFailed as failed:
        (error,) = failed.errors
        return error
    raise AssertionError(f"This should have failed and gave {data}.")


def actor(role: Role, subject: str) -> Actor:
    """A caller of the sample world, past the API."""
    match role:
        case Role.PATIENT:
            return Actor(role, subject, member_id=member_id(subject))
        case Role.PHARMACIST:
            return Actor(role, subject, institution=f"P{subject[2:-1]}", practitioner=subject)
        case Role.PHARMACY | Role.HOSPITAL:
            return Actor(role, subject, institution=subject)
        case Role.AGENCY:
            return Actor(role, subject, area=subject)
    return Actor(role, subject)


async def ready_fill(way: Road) -> Json:
    """A fill that is reviewed, prepared and signed (已备药配药)."""
    prescription = await way.upload()
    fill = await way.request(prescription["id"])
    await way.approve(fill["id"])
    await way.make_ready(fill["id"])
    await way.sign(fill)
    return fill


async def settled_fill(way: Road) -> Json:
    """A fill that is settled (已结算配药)."""
    fill = await ready_fill(way)
    await way.verify_manually(fill["id"])
    preview = await way.preview(fill["id"])
    await way.settle(fill["id"], preview["digest"])
    return fill


async def set_state(fill_id: str, state: FillState) -> None:
    """Put a fill into a state, past every rule (直接置态)."""
    await Fill.filter(id=UUID(fill_id)).update(state=state)


async def grant(house: House, owner: str, proxy: str, *scopes: GrantScope) -> None:
    """One more family grant (亲情共济授权)."""
    await FamilyGrant.create(
        owner_id=member_id(owner),
        proxy_id=member_id(proxy),
        relation=FamilyRelation.OTHER,
        scopes=list(scopes),
        since=house.now(),
    )


def png(width: int, height: int) -> bytes:
    """The beginning of a picture of that size."""
    fields = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = b"IHDR" + fields
    body = b"IDAT" + zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (header, body, b"IEND")
    )
