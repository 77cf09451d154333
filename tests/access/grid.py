"""Who may do what (权限表): every root field of the schema for every kind of caller, in one table."""

from graphql import GraphQLObjectType

from tests.access.callers import COLUMNS
from tests.house import one_schema

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


def fields_of(kind: GraphQLObjectType | None) -> set[str]:
    """The fields of a root type."""
    return set(kind.fields) if kind else set()


SCHEMA = one_schema()._schema
MUTATIONS = fields_of(SCHEMA.mutation_type)
QUERIES = fields_of(SCHEMA.query_type)
SUBSCRIPTIONS = fields_of(SCHEMA.subscription_type)

OPEN = ("signInWithWechat", "linkMember", "refreshSession", "signOut")
"""Signing in: for callers without a token; one with a token may do it too."""

KEYLESS = ("showPickupCode", "showFamilyCode", *OPEN)


def wanted_of(field: str) -> dict[str, str]:
    """What the table says of a field, by caller."""
    marks = GRID[field].replace(" ", "")
    return {name: MEANING[mark] for (name, _, _), mark in zip(COLUMNS, marks, strict=True)}
