"""The tables: one module per aggregate."""

from models.account import Account, JournalEntry, Posting
from models.audit import AuditEntry, AuditHead, AuditLink, AuditUnsealed
from models.benefit import Accumulator, AccumulatorImport, VisitDeductible
from models.case import Case, MonitorRun
from models.clearing import ClearingClaim, ClearingDue, ClearingItem
from models.document import TrustedDocument
from models.drug import Drug, DrugDisease, DrugPrice, TracePrefix
from models.event import Event, Topic
from models.face_template import FaceMean, FaceTemplate
from models.family import FamilyCode, FamilyInvitation
from models.fill import Fill, FillLine, PickupCode, PrescriberQuery
from models.idempotency import IdempotencyRecord
from models.identity import IdentityCheck, IdentityImage
from models.institution import Agreement, Institution, OpeningHours
from models.invoice import Invoice
from models.job import Job
from models.member import FaceEnrolment, FamilyGrant, Member, SpecialDiseaseRecord
from models.payment import Payment, PaymentRefund, PaymentStep
from models.practitioner import Doctor, DutyShift, Pharmacist
from models.prescription import Prescription, PrescriptionLine
from models.reconciliation import ReconciliationDay
from models.reversal import Reversal, ReversalLine
from models.session import AccountLink, Device, LinkCode
from models.settlement import FeeListSignature, Settlement, SettlementLine
from models.stock import StockBatch, StockHold, StockItem, StockMovement, TraceCode

__all__ = [
    "Account",
    "AccountLink",
    "Accumulator",
    "AccumulatorImport",
    "Agreement",
    "AuditEntry",
    "AuditHead",
    "AuditLink",
    "AuditUnsealed",
    "Case",
    "ClearingClaim",
    "ClearingDue",
    "ClearingItem",
    "Device",
    "Doctor",
    "Drug",
    "DrugDisease",
    "DrugPrice",
    "DutyShift",
    "Event",
    "FaceEnrolment",
    "FaceMean",
    "FaceTemplate",
    "FamilyCode",
    "FamilyGrant",
    "FamilyInvitation",
    "FeeListSignature",
    "Fill",
    "FillLine",
    "IdempotencyRecord",
    "IdentityCheck",
    "IdentityImage",
    "Institution",
    "Invoice",
    "Job",
    "JournalEntry",
    "LinkCode",
    "Member",
    "MonitorRun",
    "OpeningHours",
    "Payment",
    "PaymentRefund",
    "PaymentStep",
    "Pharmacist",
    "PickupCode",
    "Posting",
    "PrescriberQuery",
    "Prescription",
    "PrescriptionLine",
    "ReconciliationDay",
    "Reversal",
    "ReversalLine",
    "Settlement",
    "SettlementLine",
    "SpecialDiseaseRecord",
    "StockBatch",
    "StockHold",
    "StockItem",
    "StockMovement",
    "Topic",
    "TraceCode",
    "TracePrefix",
    "TrustedDocument",
    "VisitDeductible",
]
