"""The vocabulary of the field: every enumeration of the house, declared once."""

from enum import StrEnum


class InsuranceType(StrEnum):
    """Kind of basic insurance (险种类型, `insutype`)."""

    EMPLOYEE = "310"
    RESIDENT = "390"


class PersonStatus(StrEnum):
    """Working, retired or resident member (人员类别)."""

    WORKING = "WORKING"
    RETIRED = "RETIRED"
    RESIDENT = "RESIDENT"


class InsuredState(StrEnum):
    """Whether contributions are in order (参保状态)."""

    NORMAL = "NORMAL"
    ARREARS = "ARREARS"
    WAITING = "WAITING"
    SUSPENDED = "SUSPENDED"


class Residence(StrEnum):
    """Where a member is registered to be treated (异地就医备案)."""

    LOCAL = "LOCAL"
    IN_PROVINCE = "IN_PROVINCE"
    OUT_OF_PROVINCE = "OUT_OF_PROVINCE"
    TEMPORARY = "TEMPORARY"


class Credential(StrEnum):
    """Credential shown at the counter (就诊凭证类型, `mdtrt_cert_type`)."""

    ELECTRONIC = "01"
    ID_CARD = "02"
    SOCIAL_CARD = "03"


class BenefitKind(StrEnum):
    """Benefit that the doctor decided on (待遇类型)."""

    SPECIAL_DISEASE = "SPECIAL_DISEASE"
    SPECIAL_DRUG = "SPECIAL_DRUG"
    OUTPATIENT = "OUTPATIENT"


class ListClass(StrEnum):
    """Class in the insurance catalogue (目录等级, `chrgitm_lv`)."""

    A = "01"
    B = "02"
    C = "03"


class DrugKind(StrEnum):
    """Kind of medicine (药品类别)."""

    WESTERN = "WESTERN"
    CHINESE_PATENT = "CHINESE_PATENT"
    HERBAL_PIECES = "HERBAL_PIECES"
    HOSPITAL_PREPARATION = "HOSPITAL_PREPARATION"


class DrugRestriction(StrEnum):
    """Why a drug never circulates to pharmacies (不纳入流转的药品, FJ-3.1 to FJ-3.6)."""

    NARCOTIC = "NARCOTIC"
    PSYCHOTROPIC_1 = "PSYCHOTROPIC_1"
    PSYCHOTROPIC_2 = "PSYCHOTROPIC_2"
    ANABOLIC_OR_PEPTIDE = "ANABOLIC_OR_PEPTIDE"
    SPECIAL_ANTIMICROBIAL = "SPECIAL_ANTIMICROBIAL"
    FROZEN_INJECTION = "FROZEN_INJECTION"
    FORBIDDEN_BY_LAW = "FORBIDDEN_BY_LAW"


class PriceKind(StrEnum):
    """Kind of published price (价格类型)."""

    LISTED = "LISTED"
    AWARDED = "AWARDED"
    NEGOTIATED = "NEGOTIATED"
    PAYMENT_STANDARD = "PAYMENT_STANDARD"


class BillItem(StrEnum):
    """What a line of a bill is (费用类别): a pharmacy sells drugs, a hospital also examines and treats."""

    DRUG = "DRUG"
    CONSUMABLE = "CONSUMABLE"
    SERVICE = "SERVICE"
    DELIVERY = "DELIVERY"
    TCM_TECHNIQUE = "TCM_TECHNIQUE"
    ANTITUMOUR_PIECES = "ANTITUMOUR_PIECES"


class Fund(StrEnum):
    """Fund that pays beside the pooled one (基金支付类型, `fund_pay_type`)."""

    CIVIL_SERVANTS = "320100"
    LARGE_AMOUNT = "330100"
    ENTERPRISE = "370100"
    RESIDENT_LARGE_AMOUNT = "390200"
    ASSISTANCE = "610100"


class HospitalApproval(StrEnum):
    """The hospital's word on a limited-use drug (医院审批标志, `hosp_appr_flag`)."""

    NOT_ASKED = "0"
    APPROVED = "1"
    REFUSED = "2"


class InstitutionKind(StrEnum):
    """Kind of contracted institution (定点医药机构类别)."""

    HOSPITAL = "HOSPITAL"
    INTERNET_HOSPITAL = "INTERNET_HOSPITAL"
    PHARMACY = "PHARMACY"


class AgreementState(StrEnum):
    """State of a pharmacy's or hospital's contract (协议状态)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"


class VisitKind(StrEnum):
    """Where the doctor saw the patient (就诊方式)."""

    PHYSICAL = "PHYSICAL"
    INTERNET = "INTERNET"


class LineState(StrEnum):
    """State of a prescription line (处方明细状态)."""

    OPEN = "OPEN"
    CLAIMED = "CLAIMED"
    DISPENSED = "DISPENSED"
    CLOSED = "CLOSED"


class PrescriptionState(StrEnum):
    """State of a prescription, derived from its lines (处方状态)."""

    ACTIVE = "ACTIVE"
    PARTLY_DISPENSED = "PARTLY_DISPENSED"
    DISPENSED = "DISPENSED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class FillState(StrEnum):
    """State of a fill (配药状态)."""

    REQUESTED = "REQUESTED"
    QUERIED = "QUERIED"
    APPROVED = "APPROVED"
    READY = "READY"
    SETTLED = "SETTLED"
    HANDED_OVER = "HANDED_OVER"
    DELIVERING = "DELIVERING"
    DELIVERED = "DELIVERED"
    DECLINED = "DECLINED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REVERSED = "REVERSED"


class IdentityMethod(StrEnum):
    """How the person present was identified (身份核验方式)."""

    FACE = "FACE"
    MANUAL = "MANUAL"
    FAMILY_CODE = "FAMILY_CODE"


class Verdict(StrEnum):
    """What an identity check found (核验结论)."""

    MATCH = "MATCH"
    UNCERTAIN = "UNCERTAIN"
    NO_MATCH = "NO_MATCH"
    UNUSABLE = "UNUSABLE"


class CardReading(StrEnum):
    """What a machine read off an ID card (证件识读结果); it never says that a card is another person's."""

    READ_MATCH = "READ_MATCH"
    UNREAD = "UNREAD"
    DIFFERS = "DIFFERS"


class EnrolmentState(StrEnum):
    """State of an enrolled face (人脸建档状态)."""

    PENDING = "PENDING"
    UNCONFIRMED = "UNCONFIRMED"
    ACTIVE = "ACTIVE"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class MovementKind(StrEnum):
    """Kind of stock movement (进销存变动类型)."""

    PURCHASE = "PURCHASE"
    PURCHASE_RETURN = "PURCHASE_RETURN"
    SALE = "SALE"
    SALE_RETURN = "SALE_RETURN"
    ADJUSTMENT = "ADJUSTMENT"
    STOCK_TAKE = "STOCK_TAKE"
    TRANSFER = "TRANSFER"


class TraceState(StrEnum):
    """Where a box with its trace code is (追溯码状态)."""

    IN_STOCK = "IN_STOCK"
    SOLD = "SOLD"
    RETURNED = "RETURNED"


class GoodsFate(StrEnum):
    """What becomes of the goods of a reversed line (退货处理)."""

    RETURNED = "RETURNED"
    WRITTEN_OFF = "WRITTEN_OFF"


class AccountKind(StrEnum):
    """Kind of ledger account (会计科目)."""

    POOLED_CLEARING = "POOLED_CLEARING"
    FURTHER_FUNDS_CLEARING = "FURTHER_FUNDS_CLEARING"
    MEMBER_ACCOUNT = "MEMBER_ACCOUNT"
    PHARMACY_PAYABLE = "PHARMACY_PAYABLE"
    PHARMACY_CASH = "PHARMACY_CASH"
    PHARMACY_CASH_SALES = "PHARMACY_CASH_SALES"
    CONTRIBUTIONS = "CONTRIBUTIONS"
    ACCOUNT_CLEARING = "ACCOUNT_CLEARING"
    POOLED_EXPENSE = "POOLED_EXPENSE"
    POOLED_DEPOSIT = "POOLED_DEPOSIT"
    FURTHER_FUNDS_EXPENSE = "FURTHER_FUNDS_EXPENSE"
    FURTHER_FUNDS_DEPOSIT = "FURTHER_FUNDS_DEPOSIT"
    ACCOUNT_EXPENSE = "ACCOUNT_EXPENSE"
    ACCOUNT_DEPOSIT = "ACCOUNT_DEPOSIT"
    EXTERNAL_RECEIVABLE = "EXTERNAL_RECEIVABLE"
    PATIENT_DEPOSITS = "PATIENT_DEPOSITS"


class PaymentState(StrEnum):
    """State of an external payment (线上支付状态)."""

    CREATED = "CREATED"
    PAID = "PAID"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"
    CLOSED = "CLOSED"


class RefundState(StrEnum):
    """State of a refund of an external payment (线上退款状态)."""

    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"


class InvoiceColour(StrEnum):
    """Whether an invoice charges or takes back (发票红蓝标志)."""

    BLUE = "BLUE"
    RED = "RED"


class ReconcileResult(StrEnum):
    """What a comparison of accounts found (对账结果)."""

    EQUAL = "EQUAL"
    ONLY_HERE = "ONLY_HERE"
    ONLY_THERE = "ONLY_THERE"
    DIFFERENT = "DIFFERENT"


class ClaimState(StrEnum):
    """State of a pharmacy's monthly claim (清算申报状态)."""

    SUBMITTED = "SUBMITTED"
    REVIEWED = "REVIEWED"
    PAID = "PAID"


class CaseKind(StrEnum):
    """What somebody has to look into (监管线索类型)."""

    FALSE_STOCK = "FALSE_STOCK"
    VALUE_MISMATCH = "VALUE_MISMATCH"
    PRICE_ABOVE_CEILING = "PRICE_ABOVE_CEILING"
    DOUBLE_TRACE = "DOUBLE_TRACE"
    REPEATED_FALSE_STOCK = "REPEATED_FALSE_STOCK"
    OTHER_COMPLAINT = "OTHER_COMPLAINT"
    MANUAL_VERIFICATION_OFTEN = "MANUAL_VERIFICATION_OFTEN"
    RECONCILIATION_DIFFERENCE = "RECONCILIATION_DIFFERENCE"


class CaseState(StrEnum):
    """What became of a case (监管线索状态)."""

    OPEN = "OPEN"
    PROVEN = "PROVEN"
    DISMISSED = "DISMISSED"


class DeclineReason(StrEnum):
    """Why a pharmacy turned an order down (拒单原因)."""

    NOT_IN_STOCK = "NOT_IN_STOCK"
    CANNOT_PREPARE = "CANNOT_PREPARE"
    OTHER = "OTHER"


class Role(StrEnum):
    """Who is calling (角色)."""

    PATIENT = "PATIENT"
    PHARMACIST = "PHARMACIST"
    PHARMACY = "PHARMACY"
    HOSPITAL = "HOSPITAL"
    AGENCY = "AGENCY"
    SUPERVISOR = "SUPERVISOR"
    SERVICE = "SERVICE"


class PersonalData(StrEnum):
    """What of a person somebody saw (个人信息类别)."""

    PERSON = "PERSON"
    PRESCRIPTION = "PRESCRIPTION"
    FILL = "FILL"
    IDENTITY = "IDENTITY"
    SETTLEMENT = "SETTLEMENT"
    BALANCE = "BALANCE"
    COMPLAINT = "COMPLAINT"


class GrantScope(StrEnum):
    """What a family member may do (亲情共济授权范围)."""

    SEE = "SEE"
    BUY = "BUY"
    PAY = "PAY"


class FamilyRelation(StrEnum):
    """What the family member is to the one who grants (与授权人的关系)."""

    SPOUSE = "SPOUSE"
    PARENT = "PARENT"
    CHILD = "CHILD"
    OTHER = "OTHER"


class InvitationState(StrEnum):
    """How far a family invitation has come (亲情共济邀请状态)."""

    OPEN = "OPEN"
    AWAITING_OWNER = "AWAITING_OWNER"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


class EventKind(StrEnum):
    """What happened (事件类型)."""

    PRESCRIPTION_ISSUED = "PRESCRIPTION_ISSUED"
    PRESCRIPTION_REVOKED = "PRESCRIPTION_REVOKED"
    PRESCRIPTION_EXPIRED = "PRESCRIPTION_EXPIRED"
    HOSPITAL_DISPENSED = "HOSPITAL_DISPENSED"
    FILL_REQUESTED = "FILL_REQUESTED"
    FILL_QUERIED = "FILL_QUERIED"
    QUERY_ANSWERED = "QUERY_ANSWERED"
    FILL_APPROVED = "FILL_APPROVED"
    FILL_REJECTED = "FILL_REJECTED"
    FILL_DECLINED = "FILL_DECLINED"
    FILL_CANCELLED = "FILL_CANCELLED"
    FILL_EXPIRED = "FILL_EXPIRED"
    FILL_READY = "FILL_READY"
    IDENTITY_DECIDED = "IDENTITY_DECIDED"
    CARDS_READ = "CARDS_READ"
    ENROLMENT_DECIDED = "ENROLMENT_DECIDED"
    FILL_SETTLED = "FILL_SETTLED"
    FAMILY_ACCOUNT_CHARGED = "FAMILY_ACCOUNT_CHARGED"
    SETTLEMENT_REVERSED = "SETTLEMENT_REVERSED"
    FILL_REVERSED = "FILL_REVERSED"
    FAMILY_ACCOUNT_REFUNDED = "FAMILY_ACCOUNT_REFUNDED"
    ACCOUNT_CREDITED = "ACCOUNT_CREDITED"
    PAYMENT_OPENED = "PAYMENT_OPENED"
    PAYMENT_PAID = "PAYMENT_PAID"
    PAYMENT_CLOSED = "PAYMENT_CLOSED"
    PAYMENT_REFUNDING = "PAYMENT_REFUNDING"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    RED_INVOICE_DUE = "RED_INVOICE_DUE"
    CLAIM_REVIEWED = "CLAIM_REVIEWED"
    CLAIM_PAID = "CLAIM_PAID"
    HANDED_OVER = "HANDED_OVER"
    DELIVERY_DISPATCHED = "DELIVERY_DISPATCHED"
    DELIVERY_CONFIRMED = "DELIVERY_CONFIRMED"
    FAMILY_INVITED = "FAMILY_INVITED"
    FAMILY_ACCEPTED = "FAMILY_ACCEPTED"
    FAMILY_DECLINED = "FAMILY_DECLINED"
    FAMILY_REVOKED = "FAMILY_REVOKED"
    DEVICE_LINKED = "DEVICE_LINKED"
    CASE_OPENED = "CASE_OPENED"
    CASE_ANSWERED = "CASE_ANSWERED"
    CASE_PROVEN = "CASE_PROVEN"
    CASE_DISMISSED = "CASE_DISMISSED"
    EXIT_ALERT = "EXIT_ALERT"
    PRICE_FOLLOW_DUE = "PRICE_FOLLOW_DUE"
