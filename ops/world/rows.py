"""One named tuple per table (表行): its fields are the table's columns, so that COPY takes them as they are.

Members are the exception: they carry names and identity numbers in plain text, which are sealed when stored.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from policy.terms import (
    AgreementState,
    DrugKind,
    DrugRestriction,
    InstitutionKind,
    InsuranceType,
    InsuredState,
    ListClass,
    MovementKind,
    PersonStatus,
    PriceKind,
    Residence,
    TraceState,
)


class DrugRow(NamedTuple):
    """A drug of the catalogue (医保药品)."""

    code: str
    generic_name: str
    ingredient: str
    form: str
    spec: str
    manufacturer: str
    approval_number: str
    pinyin: str
    kind: DrugKind
    list_class: ListClass
    restriction: DrugRestriction | None
    package_unit: str
    base_unit: str
    units_per_package: Decimal
    is_insulin: bool
    is_essential: bool
    is_vbp: bool
    is_negotiated: bool
    is_dual_channel: bool
    is_consumable: bool
    limited_use: bool
    min_tier: int | None
    is_sample: bool
    pinyin_readings: str


class DrugDiseaseRow(NamedTuple):
    """A drug that treats a special disease (病种用药范围)."""

    id: UUID
    drug_id: str
    disease_code: str


class DrugPriceRow(NamedTuple):
    """A published price (药品价格)."""

    id: UUID
    drug_id: str
    area: str
    kind: PriceKind
    amount: Decimal
    since: date
    until: date | None
    source: str


class InstitutionRow(NamedTuple):
    """A hospital or pharmacy (定点医药机构)."""

    code: str
    kind: InstitutionKind
    name: str
    adcode: str
    area: str
    address: str
    phone: str
    tier: int | None
    is_public: bool
    circulates: bool
    parent_id: str | None
    longitude: float
    latitude: float
    x: float
    y: float
    is_dual_channel: bool
    delivers: bool
    joined_vbp: bool
    accepts_family_code: bool
    heard_at: datetime | None = None


class AgreementRow(NamedTuple):
    """A contract (门诊统筹协议)."""

    id: UUID
    institution_id: str
    state: AgreementState
    since: date
    until: date | None


class OpeningHoursRow(NamedTuple):
    """An opening span of a weekday (营业时间)."""

    id: UUID
    institution_id: str
    weekday: int
    opens: int
    closes: int


class DoctorRow(NamedTuple):
    """A registered doctor (医保医师)."""

    code: str
    institution_id: str
    name: str
    phone: str
    scope: tuple[str, ...]
    since: date
    until: date | None


class PharmacistRow(NamedTuple):
    """A licensed pharmacist (执业药师)."""

    code: str
    institution_id: str
    name: str
    since: date
    until: date | None


class DutyShiftRow(NamedTuple):
    """A pharmacist's span on duty (在岗排班)."""

    id: UUID
    pharmacist_id: str
    institution_id: str
    starts_at: datetime
    ends_at: datetime


class MemberRow(NamedTuple):
    """An insured person (参保人) with the name and the number still in plain text."""

    id: UUID
    psn_no: str
    name: str
    id_number: str
    sex: str
    birth_date: date
    area: str
    insurance: InsuranceType
    status: PersonStatus
    insured: InsuredState
    residence: Residence
    has_personal_account: bool


class SpecialDiseaseRow(NamedTuple):
    """A confirmed special disease (门诊特殊病种备案)."""

    id: UUID
    member_id: UUID
    disease_code: str
    disease_name: str
    since: date
    until: date | None


class FamilyGrantRow(NamedTuple):
    """A permission of one member for another (亲情共济授权)."""

    id: UUID
    owner_id: UUID
    proxy_id: UUID
    relation: str
    scopes: tuple[str, ...]
    pay_limit: Decimal | None
    since: datetime
    until: datetime | None
    revoked_at: datetime | None


class AccountRow(NamedTuple):
    """A ledger account (账户)."""

    id: UUID
    kind: str
    owner: str
    balance: Decimal | None


class JournalEntryRow(NamedTuple):
    """A balanced entry (记账凭证)."""

    id: UUID
    kind: str
    reference: str
    text: str
    booked_at: datetime


class PostingRow(NamedTuple):
    """A debit or credit (分录)."""

    id: UUID
    entry_id: UUID
    account_id: UUID
    debit: Decimal
    credit: Decimal


class StockItemRow(NamedTuple):
    """A drug in a pharmacy (药店库存)."""

    id: UUID
    pharmacy_id: str
    drug_id: str
    on_hand: Decimal
    held: Decimal
    price: Decimal | None
    moved_at: datetime | None
    sellable: Decimal
    next_expiry: date | None


class StockBatchRow(NamedTuple):
    """The boxes of one production batch in a pharmacy (库存批次)."""

    id: UUID
    item_id: UUID
    serial: str
    batch_number: str
    made_on: date
    expires_on: date
    approval_number: str
    supplier: str
    on_hand: Decimal
    came_at: datetime


class StockMovementRow(NamedTuple):
    """A change of stock (进销存明细)."""

    id: UUID
    item_id: UUID
    batch_id: UUID
    kind: MovementKind
    quantity: Decimal
    batch_number: str
    made_on: date
    expires_on: date
    approval_number: str
    supplier: str
    unit_cost: Decimal | None
    trace_codes: tuple[str, ...]
    reference: str
    moved_at: datetime
    recorded_by: str


class TraceCodeRow(NamedTuple):
    """Where a box with its own number is (药品追溯码)."""

    id: UUID
    code: str
    drug_id: str
    pharmacy_id: str
    state: TraceState
    changed_at: datetime


class TracePrefixRow(NamedTuple):
    """The first seven digits of a drug's trace codes (追溯码标识码)."""

    prefix: str
    drug_id: str


class AccumulatorRow(NamedTuple):
    """What a member used of a benefit in a year (年度累计)."""

    id: UUID
    member_id: UUID
    year: int
    bucket: str
    deductible_used: Decimal
    fund_used: Decimal


Row = tuple[object, ...]
"""Any of the rows above (任一表行)."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "drug": DrugRow._fields,
    "drug_disease": DrugDiseaseRow._fields,
    "drug_price": DrugPriceRow._fields,
    "institution": InstitutionRow._fields,
    "agreement": AgreementRow._fields,
    "opening_hours": OpeningHoursRow._fields,
    "doctor": DoctorRow._fields,
    "pharmacist": PharmacistRow._fields,
    "duty_shift": DutyShiftRow._fields,
    "member": MemberRow._fields,
    "special_disease_record": SpecialDiseaseRow._fields,
    "family_grant": FamilyGrantRow._fields,
    "accumulator": AccumulatorRow._fields,
    "account": AccountRow._fields,
    "journal_entry": JournalEntryRow._fields,
    "posting": PostingRow._fields,
    "stock_item": StockItemRow._fields,
    "stock_batch": StockBatchRow._fields,
    "stock_movement": StockMovementRow._fields,
    "trace_code": TraceCodeRow._fields,
    "trace_prefix": TracePrefixRow._fields,
}
"""The columns of every table's rows (各表列)."""
