"""The verbs of the API: one module per area, merged into one schema by `api`."""

from resolvers.benefit import BenefitMutation, BenefitQuery
from resolvers.claiming import ClaimingMutation, FillQuery
from resolvers.delivery import DeliveryMutation
from resolvers.events import EventQuery, EventSubscription
from resolvers.identity import IdentityMutation
from resolvers.nearby import NearbyQuery
from resolvers.outcome import OutcomeQuery
from resolvers.pharmacy import PharmacyMutation, PharmacyQuery
from resolvers.prescribing import PrescribingMutation, PrescribingQuery
from resolvers.reviewing import ReviewingMutation
from resolvers.settlement import SettlementMutation, SettlementQuery

QUERIES = (
    PrescribingQuery,
    FillQuery,
    NearbyQuery,
    BenefitQuery,
    SettlementQuery,
    PharmacyQuery,
    EventQuery,
    OutcomeQuery,
)
MUTATIONS = (
    PrescribingMutation,
    ClaimingMutation,
    ReviewingMutation,
    IdentityMutation,
    SettlementMutation,
    DeliveryMutation,
    PharmacyMutation,
    BenefitMutation,
)
SUBSCRIPTIONS = (EventSubscription,)
