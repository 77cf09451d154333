"""`yaolu doctor`: every look, one line each, and an exit status for scripts."""

import asyncio

import settings
from engines.logs import configure
from ops.doctor import backups, database, house, redis
from ops.doctor.findings import Finding, Level, Look, Place, examine
from ops.embedded import EngineUrls
from ops.home import home_engines, prepare_home

LOOKS: tuple[tuple[str, str, Look], ...] = (
    ("settings", "See README.md, Real servers.", house.environment),
    ("database", "Is DATABASE_URL right, and does the server answer from this machine?", database.server),
    ("migrations", "Is DATABASE_URL right?", database.migrations),
    ("clocks", "Does the database answer?", database.clock),
    (
        "replica",
        "Is DATABASE_REPLICA_URL right? Until it answers searches ask the primary.",
        database.replica,
    ),
    ("backups", "Is DATABASE_URL a primary?", backups.log_kept),
    ("redis", "Is REDIS_URL right, and does the server answer from this machine?", redis.server),
    ("keys", "Is YAOLU_KEYS right, and `yaolu migrate` done? `yaolu keys list` tells more.", house.keys),
    ("tokens", "See OIDC_JWKS_URL or OIDC_JWKS_FILE.", house.tokens),
    ("images", "May this user write to IMAGE_STORE_URL?", house.images),
    ("queues", "Run `yaolu migrate`.", database.queues),
    ("disk", "See YAOLU_HOME and IMAGE_STORE_URL.", house.disks),
)
FACES: tuple[str, str, Look] = (
    "faces",
    "Run `make setup`; a machine without workers may skip this with --no-faces.",
    house.faces,
)
MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def doctor(*, has_faces: bool, is_json: bool) -> tuple[str, int]:
    """What to print, and the exit status (体检): 1 when something has failed."""
    configure(settings.IS_PRODUCTION)
    if settings.IS_PRODUCTION:
        return report(EngineUrls(settings.DATABASE_URL, settings.REDIS_URL), has_faces, is_json)
    prepare_home()
    with home_engines() as urls:
        return report(urls, has_faces, is_json)


def report(urls: EngineUrls, has_faces: bool, is_json: bool) -> tuple[str, int]:
    """Examine these engines and what the settings name besides (检查)."""
    place = Place(
        urls.database_url,
        urls.redis_url,
        settings.YAOLU_KEYS,
        settings.IMAGE_STORE_URL,
        replica_url=settings.DATABASE_REPLICA_URL,
        jwks=settings.OIDC_JWKS_URL or settings.OIDC_JWKS_FILE,
        is_production=settings.IS_PRODUCTION,
    )
    found = asyncio.run(examine(place, [*LOOKS, FACES] if has_faces else LOOKS))
    return (house.as_json(found) if is_json else in_lines(found)), status_of(found)


def in_lines(found: list[Finding]) -> str:
    """The findings for people (文本输出)."""
    lines = []
    for one in found:
        lines.append(f"{MARKS[one.level]}  {one.check:<11} {one.text}")
        if one.advice:
            lines.append(f"{'':<18}→ {one.advice}")
    return "\n".join(lines)


def status_of(found: list[Finding]) -> int:
    """The exit status: warnings are no failure."""
    return int(any(one.level is Level.FAIL for one in found))
