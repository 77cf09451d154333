"""What the calls of the grid are about (权限检验素材), and a plausible question for every root field."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from models import Case, FamilyGrant, FamilyInvitation, PrescriberQuery
from ops.client import Client, Json
from ops.road import FUJIAN, Road
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CaseKind, FamilyRelation, GrantScope
from tests.access.callers import callers
from tests.access.payments import a_payment
from tests.house import House
from tests.money.claims import claimed
from tests.services.stage import grant, settled_fill, walkers


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
            "setDutyRoster": {"shifts": []},
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
