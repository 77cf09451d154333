"""Development tokens for the demo world's people and institutions (开发令牌)."""

from datetime import timedelta

import settings
from engines.clock import Clock
from ops.home import kept_clock
from ops.issuer import DevelopmentIssuer
from ops.world.ids import member_id
from policy.terms import Role

DAY = timedelta(hours=12)


def issuer(clock: Clock | None = None) -> DevelopmentIssuer:
    """The development issuer of the home folder."""
    used = clock or Clock.of(kept_clock())
    return DevelopmentIssuer(settings.YAOLU_HOME, now=used.now)


def token_for(
    role: Role,
    subject: str,
    ttl: timedelta = DAY,
    *,
    clock: Clock | None = None,
    makes: DevelopmentIssuer | None = None,
) -> str:
    """A token for the holder of a person number, an institution's or pharmacist's code, or an area."""
    makes = makes or issuer(clock)
    match role:
        case Role.PATIENT:
            return makes.token(role, subject, member=str(member_id(subject)), ttl=ttl)
        case Role.PHARMACIST:
            pharmacy = pharmacy_of(subject)
            return makes.token(role, subject, institution=pharmacy, practitioner=subject, ttl=ttl)
        case Role.PHARMACY | Role.HOSPITAL:
            return makes.token(role, subject, institution=subject, ttl=ttl)
        case Role.AGENCY:
            return makes.token(role, subject, area=subject, ttl=ttl)
        case _:
            return makes.token(role, subject, ttl=ttl)


def pharmacy_of(pharmacist: str) -> str:
    """The pharmacy of a demo pharmacist: its code is that of the pharmacy with one more digit."""
    return f"P{pharmacist[2:-1]}"
