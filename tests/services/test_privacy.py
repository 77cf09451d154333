"""Nobody's name, number or illness goes where it has no business: events, logs, audit."""

import json
import logging
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from tortoise import connections

from models import AuditEntry, Doctor, Event, Member
from ops import road_documents as documents
from ops.client import Json, Refused
from ops.road import FUJIAN, Road, id_number
from ops.world import cast
from ops.world.ids import member_id
from tests.house import House
from tests.services.stage import document, error_of, post, walkers

ADDRESS = "福州市鼓楼区示例路 7 号 302"


async def walk(way: Road) -> Json:
    """One road with a refusal, a wrong input and a not-found on it."""
    prescription = await way.upload()
    near = await way.nearby(prescription["id"])
    assert near
    with pytest.raises(Refused):
        await way.patient.do(
            documents.REQUEST_FILL,
            prescriptionId=prescription["id"],
            pharmacyCode=cast.FUJIAN_PHARMACY_CLOSED,
        )
    fill: Json = await way.patient.do(
        documents.REQUEST_FILL,
        prescriptionId=prescription["id"],
        pharmacyCode=FUJIAN.pharmacy,
        deliveryAddress=ADDRESS,
    )
    query = await way.pharmacist.do(documents.QUERY_PRESCRIBER, fillId=fill["id"], question="血压多少?")
    await way.hospital.do(documents.ANSWER_QUERY, queryId=query["id"], answer="160/100", upholds=True)
    await way.approve(fill["id"])
    await way.make_ready(fill["id"])
    await way.sign(fill)
    await way.verify_manually(fill["id"])
    preview = await way.preview(fill["id"])
    await way.settle(fill["id"], preview["digest"])
    await way.pharmacy.do(documents.HAND_OVER, fillId=fill["id"])
    bad = {"idempotencyKey": "k", "prescription": way.prescription(idNumber=id_number(FUJIAN.patient)[:-1])}
    await error_of(way.hospital, documents.UPLOAD, {"input": bad})
    unknown = way.prescription(doctorCode="D999999999999")
    with pytest.raises(Refused):
        await way.hospital.do(documents.UPLOAD, prescription=unknown)
    await post(way.patient, "{ member { name noSuchField } }")
    return fill


async def secrets_of(house: House) -> list[str]:
    """What must not be read by those who need not know it."""
    member = await Member.get(id=member_id(FUJIAN.patient))
    name = house.tools.keys.decrypt_text(bytes(member.name_sealed), context=f"member:{member.id}".encode())
    doctor = await Doctor.get(code=FUJIAN.doctor)
    return [
        name,
        id_number(FUJIAN.patient),
        id_number(FUJIAN.patient)[:-1],
        doctor.name,
        doctor.phone,
        FUJIAN.diagnosis,
        FUJIAN.long_supply_reason,
        ADDRESS,
        "血压多少",
        "160/100",
        "氨氯地平",
    ]


@pytest.fixture(scope="module")
async def told(house: House) -> tuple[Json, str]:
    """A road, and everything that was logged on it."""
    handler = Collecting()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs() as entries:
            fill = await walk(walkers(house))
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    own = [line for line in handler.lines if not line.startswith(("httpx", "httpcore", "websockets"))]
    return fill, json.dumps(entries, default=str, ensure_ascii=False) + "\n".join(own)


class Collecting(logging.Handler):
    """Keeps what is logged (日志收集)."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with the values that the SQL mapper would write beside a statement."""
        if record.name.startswith("tortoise"):
            return  # the mapper logs statements at DEBUG only, and no process of ours turns that on
        self.lines.append(f"{record.name} {record.getMessage()}")


async def test_the_log_of_a_road_names_nobody(house: House, told: tuple[Json, str]) -> None:
    _, log = told

    found = [secret for secret in await secrets_of(house) if secret in log]

    assert found == []


async def test_the_mapper_does_not_log_statements() -> None:
    assert not logging.getLogger("tortoise.db_client").isEnabledFor(logging.DEBUG)


async def test_an_error_of_ours_is_logged_without_its_words(house: House) -> None:
    """The message of an exception may quote a row; the log has its type and place only."""
    way = walkers(house)
    prescription = await way.upload()
    await Member.filter(id=member_id(FUJIAN.patient)).update(name_sealed=b"broken")
    query = "query P($id: UUID!) { prescription(id: $id) { member { name } } }"

    with capture_logs() as entries:
        body = await post(way.patient, query, {"id": prescription["id"]})

    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"] in error["message"]
    assert "broken" not in str(body)
    (fault,) = [one for one in entries if one["log_level"] == "error"]
    assert fault["request_id"] == error["extensions"]["requestId"]
    assert "ciphertext" not in json.dumps(fault, default=str)


async def test_events_carry_ids_and_kinds_only(house: House, told: tuple[Json, str]) -> None:
    fill, _ = told
    columns = {
        row["name"]
        for row in await connections.get("default").execute_query_dict(
            "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'event'"
        )
    }
    rows = await Event.filter(fill_id=UUID(fill["id"]))
    text = json.dumps([plain(row) for row in rows], default=str, ensure_ascii=False)

    found = [secret for secret in await secrets_of_ids() if secret in text]

    assert len(rows) > 8
    assert columns == {
        "id",
        "topic",
        "sequence",
        "kind",
        "prescription_id",
        "fill_id",
        "subject_id",
        "occurred_at",
    }
    assert found == []


def plain(row: Event) -> dict[str, Any]:
    """A row as data."""
    return {name: getattr(row, name) for name in Event._meta.db_fields}


async def secrets_of_ids() -> list[str]:
    """Numbers that stand for a person outside this house."""
    return [FUJIAN.patient, id_number(FUJIAN.patient), FUJIAN.diagnosis, cast.AMLODIPINE, "示例"]


async def test_what_was_done_and_what_was_refused_is_on_record(house: House, told: tuple[Json, str]) -> None:
    fill, _ = told
    refused = await AuditEntry.filter(
        verb="requestFill", actor=f"PATIENT:{FUJIAN.patient}", outcome="PHARMACY_CLOSED"
    )
    unknown = await AuditEntry.filter(
        verb="uploadPrescription", actor=f"HOSPITAL:{FUJIAN.hospital}", outcome="UNKNOWN_DOCTOR"
    )
    done = await AuditEntry.filter(subject=fill["id"], outcome="DONE").order_by("at")

    assert len(refused) == len(unknown) == 1
    assert [row.verb for row in done] == ["requestFill", "approveFill", "markReady", "handOver"]
    assert {row.actor for row in done} == {
        f"PATIENT:{FUJIAN.patient}",
        f"PHARMACIST:{FUJIAN.pharmacist}",
        f"PHARMACY:{FUJIAN.pharmacy}",
    }
    text = " ".join(f"{row.actor} {row.verb} {row.subject} {row.outcome}" for row in await AuditEntry.all())
    assert [
        secret for secret in (id_number(FUJIAN.patient), FUJIAN.diagnosis, ADDRESS) if secret in text
    ] == []


async def test_a_refusal_leaves_nothing_but_its_audit_row(house: House) -> None:
    way = walkers(house)
    before = await Event.all().count()
    audited = await AuditEntry.all().count()

    with pytest.raises(Refused):
        await way.pharmacy.do(
            document("recordStock"),
            entries=[{"drugCode": cast.AMLODIPINE, "kind": "ADJUSTMENT", "quantity": "-999999"}],
        )

    assert await Event.all().count() == before
    assert await AuditEntry.all().count() == audited + 1
