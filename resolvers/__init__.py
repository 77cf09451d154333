"""The verbs of the API: one module per area, merged into one schema by `api`."""

from resolvers.accounts import AccountMutation, AccountQuery
from resolvers.audit import AuditQuery
from resolvers.benefit import BenefitMutation, BenefitQuery
from resolvers.cases import CaseMutation, CaseQuery
from resolvers.claiming import ClaimingMutation, FillQuery
from resolvers.clearing import ClearingMutation, ClearingQuery
from resolvers.delivery import DeliveryMutation
from resolvers.drugs import DrugQuery
from resolvers.enrolment import EnrolmentMutation, EnrolmentQuery
from resolvers.events import EventQuery, EventSubscription
from resolvers.family import FamilyMutation, FamilyQuery
from resolvers.identity import IdentityMutation
from resolvers.invoice import InvoiceMutation
from resolvers.live import LiveSubscription
from resolvers.nearby import NearbyQuery
from resolvers.outcome import OutcomeQuery
from resolvers.payment import PaymentMutation, PaymentQuery
from resolvers.pharmacy import PharmacyMutation
from resolvers.prescribing import PrescribingMutation, PrescribingQuery
from resolvers.receipt import ReceiptQuery
from resolvers.reconciliation import ReconciliationQuery
from resolvers.reversal import ReversalMutation, ReversalQuery
from resolvers.reviewing import ReviewingMutation
from resolvers.sessions import SessionMutation, SessionQuery
from resolvers.settlement import SettlementMutation, SettlementQuery
from resolvers.stock import StockMutation, StockQuery
from resolvers.supervision import SupervisionQuery

QUERIES = (
    PrescribingQuery,
    FillQuery,
    NearbyQuery,
    DrugQuery,
    BenefitQuery,
    SettlementQuery,
    PaymentQuery,
    ReceiptQuery,
    ReversalQuery,
    AccountQuery,
    ReconciliationQuery,
    ClearingQuery,
    StockQuery,
    CaseQuery,
    SupervisionQuery,
    EnrolmentQuery,
    EventQuery,
    OutcomeQuery,
    FamilyQuery,
    SessionQuery,
    AuditQuery,
)
MUTATIONS = (
    PrescribingMutation,
    ClaimingMutation,
    ReviewingMutation,
    IdentityMutation,
    EnrolmentMutation,
    SettlementMutation,
    PaymentMutation,
    InvoiceMutation,
    ReversalMutation,
    DeliveryMutation,
    PharmacyMutation,
    StockMutation,
    CaseMutation,
    BenefitMutation,
    FamilyMutation,
    SessionMutation,
    AccountMutation,
    ClearingMutation,
)
SUBSCRIPTIONS = (EventSubscription, LiveSubscription)
