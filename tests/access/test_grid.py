"""Who may do what: every root field of the schema for every kind of caller, in one table."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLObjectType

from models import Case, FaceEnrolment, FamilyGrant, FamilyInvitation, PrescriberQuery
from ops import road_documents as documents
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN, Road
from ops.world import cast
from ops.world.days import DEMO_NOW
from ops.world.ids import member_id
from policy.terms import CaseKind, FamilyRelation, GrantScope
from tests.access.callers import COLUMNS, callers
from tests.access.payments import a_payment
from tests.cards import card_numbers
from tests.house import House, one_schema
from tests.money.claims import claimed
from tests.services.stage import document, grant, png, post, settled_fill, walkers

MEANING = {
    ".": "allowed",
    "U": "UNAUTHENTICATED",
    "F": "FORBIDDEN",
    "N": "NOT_FOUND",
    "G": "FAMILY_GRANT_MISSING",
}
"""Allowed is: the call reached the rules. They may still refuse it, for its state or its values."""

#                           no pa st fa wa | ph op | pt ot | ho oh | ag oa su se
GRID = {
    "uploadPrescription": "U FFFF FF FF .. FF FF",
    "revokePrescription": "U FFFF FF FF .N FF FF",
    "recordHospitalDispense": "U FFFF FF FF .N FF FF",
    "answerQuery": "U FFFF FF FF .N FF FF",
    "requestFill": "U .N.G FF FF FF FF FF",
    "showPickupCode": "U .N.F FF FF FF FF FF",
    "inviteFamily": "U .... FF FF FF FF FF",
    "acceptFamily": "U .... FF FF FF FF FF",
    "declineFamily": "U .NNN FF FF FF FF FF",
    "revokeFamily": "U .NNN FF FF FF FF FF",
    "showFamilyCode": "U NN.N FF FF FF FF FF",
    "signInWithWechat": ". .... .. .. .. .. ..",
    "linkMember": ". .... .. .. .. .. ..",
    "refreshSession": ". .... .. .. .. .. ..",
    "signOut": ". .... .. .. .. .. ..",
    "signOutDevice": "U NNNN FF FF FF FF FF",
    "issueLinkCode": "U FFFF .. .. FF .N FF",
    "submitFamilyCode": "U FFFF .N .N FF FF FF",
    "cancelFill": "U .N.G FF FF FF FF FF",
    "claimPrescription": "U FFFF .. .. FF FF FF",
    "reviewFill": "U FFFF FF .N FF FF FF",
    "queryPrescriber": "U FFFF FF .N FF FF FF",
    "markReady": "U FFFF .N .N FF FF FF",
    "declineFill": "U FFFF .N .N FF FF FF",
    "submitIdentityCheck": "U FFFF .N .N FF FF FF",
    "verifyManually": "U FFFF .N .N FF FF FF",
    "enrolFace": "U .NNN FF FF FF .N FF",
    "withdrawFace": "U .NNN FF FF FF .N FF",
    "faceEnrolment": "U .NNN FF FF FF .N FF",
    "manualVerifications": "U FFFF FF FF FF .. .F",
    "signFeeList": "U .NNN .N .N FF FF FF",
    "settleFill": "U FFFF .N .N FF FF FF",
    "startPayment": "U .N.G .N .N FF FF FF",
    "cancelPayment": "U .N.G .N .N FF FF FF",
    "recordInvoice": "U FFFF .N .N FF FF FF",
    "payment": "U .N.. .N .N NN NN ..",
    "payments": "U .... .. .. .. .. ..",
    "verifyReceipt": ". .... .. .. .. .. ..",
    "reverseSettlement": "U FFFF .N .N FF .N FF",
    "creditAccounts": "U FFFF FF FF FF .N FF",
    "submitClearingClaim": "U FFFF .. .. FF FF FF",
    "reviewClearingClaim": "U FFFF FF FF FF .N FF",
    "payClearingClaim": "U FFFF FF FF FF .N FF",
    "handOver": "U FFFF .N .N FF FF FF",
    "dispatchDelivery": "U FFFF .N .N FF FF FF",
    "confirmDelivery": "U .N.G .N .N FF FF FF",
    "recordPurchases": "U FFFF .. .. FF FF FF",
    "recordPurchaseReturns": "U FFFF .. .. FF FF FF",
    "recordAdjustments": "U FFFF .. .. FF FF FF",
    "recordTransfers": "U FFFF .. .. FF FF FF",
    "recordStockTake": "U FFFF .. .. FF FF FF",
    "uploadStock": "U FFFF .. .. FF FF FF",
    "heartbeat": "U FFFF .. .. FF FF FF",
    "recallBatch": "U FFFF NN NN FF NN FF",
    "recordStock": "U FFFF .. .. FF FF FF",
    "setPrices": "U FFFF .. .. FF FF FF",
    "setOpeningHours": "U FFFF .. .. FF FF FF",
    "setDutyRoster": "U FFFF .. .. FF FF FF",
    "fileComplaint": "U .N.. FF FF FF FF FF",
    "answerCase": "U FFFF .N .N FF FF FF",
    "decideCase": "U FFFF FF FF FF .N FF",
    "importAccumulators": "U FFFF FF FF FF .N FF",
    "precheckPrescription": "U FFFF FF FF .. FF FF",
    "prescription": "U .N.. .N .N .N .N ..",
    "prescriptions": "U .... .. .. .. .. ..",
    "fill": "U .N.. .N .N .N .N ..",
    "fills": "U .... .. .. .. .. ..",
    "settlement": "U .N.. .N .N .N .N ..",
    "settlements": "U .... .. .. .. .. ..",
    "previewSettlement": "U .N.. .N .N FF FF FF",
    "previewReversal": "U FFFF .N .N FF .N FF",
    "accountMovements": "U .N.. FF FF FF FF FF",
    "accountStatement": "U .N.. FF FF FF FF FF",
    "reconcileTotals": "U FFFF .. .. FF FF FF",
    "reconcileDetails": "U FFFF .. .. FF FF FF",
    "reconciliationDays": "U FFFF .N .N FF .N ..",
    "clearingClaims": "U .... .. .. .. .. ..",
    "clearingClaim": "U NNNN .N .N NN .N ..",
    "clearingItems": "U NNNN .N .N NN .N ..",
    "hospitalYears": "U FFFF FF FF .. .. FF",
    "nearbyPharmacies": "U .N.. FF FF FF FF FF",
    "nearbyHospitals": "U .... .. .. .. .. ..",
    "splitProposal": "U .N.. .N .N .N .N ..",
    "drugs": "U .... .. .. .. .. ..",
    "familyGrants": "U .... FF FF FF FF FF",
    "devices": "U .... FF FF FF FF FF",
    "familyInvitations": "U .... FF FF FF FF FF",
    "member": "U .N.. FF FF FF FF FF",
    "benefitBalance": "U .N.. FF FF FF FF FF",
    "cases": "U .... .. .. .. .. ..",
    "case": "U .NNN .N .N NN .N ..",
    "stockBalance": "U FFFF .N .N FF .N ..",
    "priceAlerts": "U FFFF .N .N FF .N ..",
    "whoSawMyData": "U .... FF FF FF FF FF",
    "stock": "U FFFF .. .. FF FF FF",
    "patientEventCursor": "U .N.. FF FF FF FF FF",
    "institutionEventCursor": "U FFFF .. .. .. FF FF",
    "agencyEventCursor": "U FFFF FF FF FF .. FF",
    "mutationResult": "U .... .. .. .. .. ..",
    "patientEvents": "U .N.. FF FF FF FF FF",
    "pharmacyEvents": "U FFFF .. .. FF FF FF",
    "hospitalEvents": "U FFFF FF FF .. FF FF",
    "agencyEvents": "U FFFF FF FF FF .. FF",
    "stockChanged": "U .... .. .. .. .. ..",
}

ENROLMENT = ("enrolFace", "withdrawFace")
FILES = ("submitIdentityCheck", "enrolFace", "uploadStock")
ENDING = ("cancelFill", "declineFill", "revokePrescription")
OPEN = ("signInWithWechat", "linkMember", "refreshSession", "signOut")
"""Signing in: for callers without a token; one with a token may do it too."""

KEYLESS = ("showPickupCode", "showFamilyCode", *OPEN)
PICTURE = png(400, 300)


@dataclass
class Things:
    """What the calls are about."""

    way: Road
    prescription: Json
    fill: Json
    settled: Json
    query: str
    grant: str
    invitation: str
    claim: str
    case: str
    payment: str
    callers: dict[str, Client]

    def input(self, mutation: str) -> Json:
        """A plausible input of a mutation."""
        return {"idempotencyKey": str(uuid4()), **self.values(mutation)}

    def values(self, mutation: str) -> Json:
        """The values besides the key."""
        prescription, fill = {"prescriptionId": self.prescription["id"]}, {"fillId": self.fill["id"]}
        tender = {"tender": {"credential": "ELECTRONIC"}}
        cases: dict[str, Json] = {
            "uploadPrescription": {"prescription": self.way.prescription()},
            "revokePrescription": prescription | {"reason": "改方"},
            "recordHospitalDispense": prescription | {"lineIds": [self.prescription["lines"][0]["id"]]},
            "answerQuery": {"queryId": self.query, "answer": "剂量无误", "upholds": True},
            "requestFill": prescription | {"pharmacyCode": FUJIAN.pharmacy},
            "showPickupCode": prescription,
            "claimPrescription": {"code": "0000000000"},
            "inviteFamily": {"ownIdTail": "000000", "relation": "OTHER", "scopes": ["SEE"]},
            "acceptFamily": {"ownIdTail": "000000", "code": "0000000000"},
            "signInWithWechat": {"code": ""},
            "linkMember": {"refreshToken": "x", "idNumber": "x", "name": "x", "linkCode": "x"},
            "refreshSession": {"refreshToken": "x"},
            "signOut": {"refreshToken": "x"},
            "signOutDevice": {"deviceId": str(uuid4())},
            "issueLinkCode": {"psnNo": cast.FUJIAN_PATIENT},
            "declineFamily": {"invitationId": self.invitation},
            "revokeFamily": {"grantId": self.grant},
            "showFamilyCode": {"memberId": str(member_id(cast.FUJIAN_PATIENT))},
            "submitFamilyCode": fill | {"code": "0" * 24},
            "reviewFill": fill | {"decision": "APPROVE", "advice": "饭后服"},
            "queryPrescriber": fill | {"question": "剂量?"},
            "declineFill": fill | {"reason": "缺货"},
            "fileComplaint": fill | {"kind": "SERVICE", "text": "态度恶劣"},
            "answerCase": {"caseId": self.case, "text": "已更正"},
            "decideCase": {"caseId": self.case, "outcome": "PROVEN", "reason": "现场核查"},
            "verifyManually": fill | {"documents": ["身份证", "护照"], "reason": "弱光"},
            "signFeeList": fill | {"feeListSha256": "0" * 64, "signature": "x"},
            "settleFill": fill | tender,
            "startPayment": fill | tender,
            "cancelPayment": {"paymentId": self.payment},
            "recordInvoice": self.invoice(),
            "dispatchDelivery": fill | {"courier": "示例快递 1"},
            "recordPurchases": {"lines": []},
            "recordPurchaseReturns": {"lines": []},
            "recordAdjustments": {"lines": []},
            "recordTransfers": {"lines": []},
            "recordStockTake": {"lines": []},
            "recallBatch": {"drugCode": cast.AMLODIPINE, "batchNumber": "-", "reason": "抽检不合格"},
            "heartbeat": {},
            "recordStock": {"entries": [{"drugCode": cast.AMLODIPINE, "kind": "PURCHASE", "quantity": "1"}]},
            "setPrices": {"prices": [{"drugCode": cast.MORPHINE, "price": "1"}]},
            "setOpeningHours": {"spans": [{"weekday": day, "opens": 0, "closes": 1440} for day in range(7)]},
            "setDutyRoster": {"shifts": [dict(self.shift())] * 501},
            "importAccumulators": {"entries": [self.accumulator()]},
            "previewSettlement": fill | tender,
            "previewReversal": self.whole() | {"lines": []},
            "creditAccounts": {"entries": [self.credit()]},
            "submitClearingClaim": {"month": "2026-03-01", "area": cast.FUJIAN_AREA},
            "reviewClearingClaim": {"claimId": self.claim},
            "payClearingClaim": {"claimId": self.claim, "paymentReference": "ZF-1"},
            "reconcileTotals": self.period() | {"settlements": 0, "amounts": {}},
            "reconcileDetails": self.period() | {"lines": []},
            "reverseSettlement": self.whole() | {"reason": "退药", "lines": []},
        }
        return cases.get(mutation, fill)

    def whole(self) -> Json:
        """The settlement, to be taken back."""
        return {"settlementId": self.settled["id"], "goods": "RETURNED"}

    def invoice(self) -> Json:
        """An invoice of another amount than the settlement's."""
        issued = {"number": "1" * 20, "issuedAt": "2026-03-16T09:30:00+08:00", "amount": "1.00"}
        return {"settlementId": self.settled["id"], **issued}

    def credit(self) -> Json:
        """A yuan for the patient."""
        return {"reference": "grid", "psnNo": cast.FUJIAN_PATIENT, "amount": "1.00"}

    def period(self) -> Json:
        """A day to reconcile."""
        return {"period": {"since": "2026-03-16", "until": "2026-03-16"}}

    def shift(self) -> Json:
        """A shift; five hundred and one of them are refused by the rules."""
        day = "2026-03-20T0"
        return {
            "pharmacistCode": cast.FUJIAN_PHARMACIST,
            "startsAt": f"{day}1:00:00Z",
            "endsAt": f"{day}2:00:00Z",
        }

    def accumulator(self) -> Json:
        """What was used elsewhere: nothing."""
        return {
            "reference": "grid",
            "psnNo": cast.FUJIAN_PATIENT,
            "year": 2026,
            "benefit": "OUTPATIENT",
            "deductibleUsed": "0",
            "fundUsed": "0",
        }

    def query_of(self, field: str) -> tuple[str, Json]:
        """A query of a root field, with its variables."""
        patient = str(member_id(cast.FUJIAN_PATIENT))
        place = "{longitude: 119.3, latitude: 26.08}"
        plain = {
            "prescription": f'prescription(id: "{self.prescription["id"]}") {{ id }}',
            "fill": f'fill(id: "{self.fill["id"]}") {{ id }}',
            "settlement": f'settlement(id: "{self.settled["id"]}") {{ id }}',
            "prescriptions": "prescriptions { pageInfo { hasNextPage } }",
            "fills": "fills { pageInfo { hasNextPage } }",
            "payment": f'payment(id: "{self.payment}") {{ id }}',
            "payments": "payments { pageInfo { hasNextPage } }",
            "verifyReceipt": 'verifyReceipt(code: "none") { isGenuine }',
            "settlements": "settlements { pageInfo { hasNextPage } }",
            "devices": "devices { pageInfo { hasNextPage } }",
            "familyGrants": "familyGrants { pageInfo { hasNextPage } }",
            "familyInvitations": "familyInvitations { pageInfo { hasNextPage } }",
            "cases": "cases { pageInfo { hasNextPage } }",
            "case": f'case(id: "{self.case}") {{ id }}',
            "stockBalance": f'stockBalance(pharmacyCode: "{FUJIAN.pharmacy}") {{ ratio }}',
            "priceAlerts": f'priceAlerts(pharmacyCode: "{FUJIAN.pharmacy}") {{ pageInfo {{ hasNextPage }} }}',
            "reconciliationDays": f'reconciliationDays(pharmacyCode: "{FUJIAN.pharmacy}", '
            'since: "2026-03-01", until: "2026-03-02") { day }',
            "stock": "stock { pageInfo { hasNextPage } }",
            "splitProposal": f'splitProposal(location: {place}, prescriptionId: "'
            f'{self.prescription["id"]}") {{ needsReason }}',
            "drugs": 'drugs(search: "片") { pageInfo { hasNextPage } }',
            "stockChanged": f'stockChanged(drugCodes: ["{cast.AMLODIPINE}"], near: {place}) {{ distance }}',
            "nearbyHospitals": f"nearbyHospitals(location: {place}) {{ distance }}",
            "nearbyPharmacies": f'nearbyPharmacies(location: {place}, prescriptionId: "'
            f'{self.prescription["id"]}") {{ pageInfo {{ hasNextPage }} }}',
            "faceEnrolment": f'faceEnrolment(memberId: "{patient}") {{ id }}',
            "manualVerifications": 'manualVerifications(since: "2026-03-01", until: "2026-03-16") '
            "{ pageInfo { hasNextPage } }",
            "member": f'member(id: "{patient}") {{ id }}',
            "benefitBalance": f'benefitBalance(memberId: "{patient}") {{ accountBalance }}',
            "accountMovements": f'accountMovements(memberId: "{patient}") {{ pageInfo {{ hasNextPage }} }}',
            "accountStatement": f'accountStatement(memberId: "{patient}", since: "2026-03-01", '
            'until: "2026-03-31") { closing }',
            "clearingClaims": "clearingClaims { pageInfo { hasNextPage } }",
            "clearingClaim": f'clearingClaim(id: "{self.claim}") {{ id }}',
            "clearingItems": f'clearingItems(claimId: "{self.claim}") {{ pageInfo {{ hasNextPage }} }}',
            "hospitalYears": "hospitalYears(year: 2026) { pageInfo { hasNextPage } }",
            "patientEventCursor": f'patientEventCursor(memberId: "{patient}")',
            "institutionEventCursor": "institutionEventCursor",
            "agencyEventCursor": "agencyEventCursor",
            "agencyEvents": 'agencyEvents(after: "ZTA=") { id }',
            "whoSawMyData": "whoSawMyData { pageInfo { hasNextPage } }",
            "mutationResult": 'mutationResult(key: "none") { resultId }',
            "patientEvents": f'patientEvents(memberId: "{patient}", after: "ZTA=") {{ id }}',
            "pharmacyEvents": 'pharmacyEvents(after: "ZTA=") { id }',
            "hospitalEvents": 'hospitalEvents(after: "ZTA=") { id }',
        }
        if field in plain:
            return plain[field], {}
        if field == "precheckPrescription":
            wanted = "precheckPrescription(prescription: $prescription) { refusals { code } }"
            return wanted, {"prescription": self.way.prescription()}
        refused = "" if field.startswith("reconcile") else "... on Refusal { violations { code } }"
        wanted = f"{field}(input: $input) {{ __typename {refused} }}"
        return wanted, {"input": self.values(field)}


@pytest.fixture(scope="module")
async def things(house: House) -> Things:
    """What the calls are about, and every caller."""
    return await make_things(house)


async def make_things(house: House) -> Things:
    """The patient's prescription with a fill, a settlement, a query; and every caller."""
    way = walkers(house)
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_NO_DISEASE, GrantScope.SEE)
    done = await settled_fill(way)
    settlement = (await way.patient.execute("{ settlements { edges { node { id } } } }"))["settlements"]
    prescription = await way.upload()
    fill = await way.request(prescription["id"])
    query = await PrescriberQuery.create(fill_id=UUID(fill["id"]), question="?", asked_at=house.now())
    claim = await claimed(cast.FUJIAN_PHARMACY, cast.FUJIAN_AREA, house.now())
    case = await a_case(house)
    payment = await a_payment(house, fill["id"])
    assert done["id"]
    await grant(house, cast.FUJIAN_PATIENT, cast.SHANXI_PATIENT, GrantScope.PAY)
    given = await FamilyGrant.get(
        proxy_id=member_id(cast.SHANXI_PATIENT), owner_id=member_id(cast.FUJIAN_PATIENT)
    )
    invitation = await FamilyInvitation.create(
        owner_id=member_id(cast.FUJIAN_PATIENT),
        is_named=True,
        relation=FamilyRelation.OTHER,
        term_days=1,
        invited_at=house.now(),
        expires_at=house.now() + timedelta(days=1),
    )
    settled = settlement["edges"][0]["node"]
    family = str(given.id), str(invitation.id)
    return Things(
        way, prescription, fill, settled, str(query.id), *family, str(claim.id), case, payment, callers(house)
    )


async def a_case(house: House) -> str:
    """A case the patient complained of."""
    row = await Case.create(
        key=str(uuid4()),
        kind=CaseKind.OTHER_COMPLAINT,
        pharmacy_id=FUJIAN.pharmacy,
        complainant_id=member_id(cast.FUJIAN_PATIENT),
        opened_at=house.now(),
        opened_by="参保人投诉",
    )
    return str(row.id)


def fields_of(kind: GraphQLObjectType | None) -> set[str]:
    """The fields of a root type."""
    return set(kind.fields) if kind else set()


SCHEMA = one_schema()._schema
MUTATIONS = fields_of(SCHEMA.mutation_type)
QUERIES = fields_of(SCHEMA.query_type)
SUBSCRIPTIONS = fields_of(SCHEMA.subscription_type)


def test_every_field_has_a_row_for_every_caller() -> None:
    rows = {field: row.replace(" ", "") for field, row in GRID.items()}

    assert set(rows) == MUTATIONS | QUERIES | SUBSCRIPTIONS, "say in GRID who may use the new field"
    assert {field: len(row) for field, row in rows.items()} == dict.fromkeys(rows, len(COLUMNS))


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


WITH_FILES = {"submitIdentityCheck", "uploadStock"}


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


ORDER = [field for field in GRID if field not in ENDING] + list(ENDING)


@pytest.mark.parametrize("field", [field for field in ORDER if field not in SUBSCRIPTIONS])
async def test_a_field_answers_each_caller_as_the_grid_says(things: Things, field: str) -> None:
    row = GRID[field].replace(" ", "")
    # those who may not come first: what the others do changes the state of things
    turns = sorted(zip(COLUMNS, row, strict=True), key=lambda turn: turn[1] == ".")

    found: dict[str, str] = {}
    for (name, _, _), _ in turns:
        if name == "nobody" and field in FILES:
            continue  # a client without a token sends no files: the next test
        found[name] = outcome_of(await ask(things.callers[name], things, field))

    wanted = {name: MEANING[mark] for (name, _, _), mark in zip(COLUMNS, row, strict=True) if name in found}
    assert found == wanted


async def test_nobody_hands_in_a_picture(house: House, things: Things) -> None:
    operation = (
        "mutation M($live: Upload!) { submitIdentityCheck(input: "
        f'{{idempotencyKey: "k", fillId: "{things.fill["id"]}", live: $live}}) {{ __typename }} }}'
    )
    form = {
        "operations": json.dumps({"query": operation, "variables": {"live": None}}),
        "map": '{"0": ["variables.live"]}',
    }

    answer = await house.http.post(
        f"{house.url}/graphql",
        data=form,
        files={"0": ("live.png", PICTURE)},
        headers={"GraphQL-Require-Preflight": "1"},
    )

    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("field", sorted(SUBSCRIPTIONS))
async def test_a_stream_is_heard_by_those_the_grid_names(things: Things, field: str) -> None:
    row = GRID[field].replace(" ", "")
    wanted, _ = things.query_of(field)
    found: dict[str, Any] = {}

    for name, _, _ in COLUMNS[1:]:
        async with things.callers[name].listen(f"subscription {{ {wanted} }}") as events:
            event = await first_of(events) if MEANING[mark_of(row, name)] != "allowed" else None
            found[name] = "allowed" if event is None else event["errors"][0]["extensions"]["code"]

    assert found == {name: MEANING[mark_of(row, name)] for name, _, _ in COLUMNS[1:]}


def mark_of(row: str, name: str) -> str:
    """The mark of a caller in a row."""
    return row[[column[0] for column in COLUMNS].index(name)]


async def first_of(events: Any) -> Json:
    """The first thing a subscription brings."""
    event: Json = await events.until("ERROR", 10)
    return event
