"""The settings (设置) of one process, read once from the environment when this module is imported."""

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from starlette.config import Config
from starlette.datastructures import CommaSeparatedStrings


class Environment(StrEnum):
    """Where this process runs (运行环境)."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsError(Exception):
    """A setting that cannot be used; the message says which one and what to do."""


def clock_setting(text: str) -> str:
    """Check the form of YAOLU_CLOCK: an instant with offset, optionally "@" the real one then."""
    for part in filter(None, text.split("@", 1)):
        try:
            instant = datetime.fromisoformat(part)
        except ValueError as error:
            raise SettingsError(f"YAOLU_CLOCK is not an ISO instant: {part!r}.") from error
        if instant.tzinfo is None:
            raise SettingsError(f"YAOLU_CLOCK needs an offset, such as +08:00: {part!r}.")
    return text


def cores() -> int:
    """The processor cores that this process may use (可用处理器核数)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def face_processes(text: str | int) -> int:
    """Check FACE_PROCESSES: one at least."""
    if not str(text).isdecimal() or int(text) < 1:
        raise SettingsError(f"FACE_PROCESSES must be a whole number from 1 on, not {text!r}.")
    return int(text)


config = Config()

YAOLU_ENV = config("YAOLU_ENV", cast=Environment, default=Environment.DEVELOPMENT)
IS_PRODUCTION = YAOLU_ENV is Environment.PRODUCTION
YAOLU_HOME = config("YAOLU_HOME", cast=Path, default=Path(".yaolu")).absolute()
YAOLU_CLOCK = config("YAOLU_CLOCK", cast=clock_setting, default="")

# engines
DATABASE_URL = config("DATABASE_URL", default="")
DATABASE_POOL_MAX = config("DATABASE_POOL_MAX", cast=int, default=20)
# a streaming replica for searches, asked while it is at most so far behind
DATABASE_REPLICA_URL = config("DATABASE_REPLICA_URL", default="")
REPLICA_LAG_SECONDS = config("REPLICA_LAG_SECONDS", cast=float, default=5.0)
REDIS_URL = config("REDIS_URL", default="")
# a JSON text or the path of a file
YAOLU_KEYS = config("YAOLU_KEYS", default="" if IS_PRODUCTION else str(YAOLU_HOME / "keys.json"))
IMAGE_STORE_URL = config("IMAGE_STORE_URL", default="" if IS_PRODUCTION else (YAOLU_HOME / "images").as_uri())

# tokens: outside development nothing is trusted by default
OIDC_ISSUER = config("OIDC_ISSUER", default="" if IS_PRODUCTION else "https://issuer.yaolu.invalid")
OIDC_AUDIENCE = config("OIDC_AUDIENCE", default="yaolu")
OIDC_JWKS_URL = config("OIDC_JWKS_URL", default="")
OIDC_JWKS_FILE = config(
    "OIDC_JWKS_FILE",
    default="" if IS_PRODUCTION or OIDC_JWKS_URL else str(YAOLU_HOME / "issuer" / "jwks.json"),
)

# signing in from a mini-program: off without an address
WECHAT_URL = config("WECHAT_URL", default="")
WECHAT_APP_ID = config("WECHAT_APP_ID", default="")
WECHAT_SECRET = config("WECHAT_SECRET", default="")
# a JSON text or the path of a file; in development made on first use
SESSION_KEY = config("SESSION_KEY", default="")

# external payments of the cash share: off without an address
PAYMENT_URL = config("PAYMENT_URL", default="")
PAYMENT_PROVIDER = config("PAYMENT_PROVIDER", default="online")
PAYMENT_MERCHANT = config("PAYMENT_MERCHANT", default="")
PAYMENT_KEY = config("PAYMENT_KEY", default="")
# where the provider reaches us; it is asked by itself where it cannot
PAYMENT_NOTIFY_URL = config("PAYMENT_NOTIFY_URL", default="")

# receipts: where the public reaches us, and the keys that sign verify codes, comma separated
PUBLIC_URL = config("PUBLIC_URL", default="" if IS_PRODUCTION else "http://127.0.0.1:8000")
RECEIPT_KEY = config("RECEIPT_KEY", default="" if IS_PRODUCTION else "development-receipts")

# the door
ALLOWED_ORIGINS = tuple(config("ALLOWED_ORIGINS", cast=CommaSeparatedStrings, default=""))
GRAPHIQL = config("GRAPHIQL", cast=bool, default=not IS_PRODUCTION)
QUERY_BYTES_MAX = config("QUERY_BYTES_MAX", cast=int, default=32 * 1024)
QUERY_TOKENS_MAX = config("QUERY_TOKENS_MAX", cast=int, default=1000)
QUERY_DEPTH_MAX = config("QUERY_DEPTH_MAX", cast=int, default=12)
QUERY_ALIASES_MAX = config("QUERY_ALIASES_MAX", cast=int, default=15)
QUERY_ROOT_FIELDS_MAX = config("QUERY_ROOT_FIELDS_MAX", cast=int, default=10)
QUERY_DIRECTIVES_MAX = config("QUERY_DIRECTIVES_MAX", cast=int, default=50)
QUERY_OPERATIONS_MAX = config("QUERY_OPERATIONS_MAX", cast=int, default=20)
QUERY_VARIABLES_MAX = config("QUERY_VARIABLES_MAX", cast=int, default=50)
QUERY_COST_MAX = config("QUERY_COST_MAX", cast=int, default=5000)
QUERY_CACHE_SIZE = config("QUERY_CACHE_SIZE", cast=int, default=512)
# roles whose clients may send registered documents only
EXECUTION_PLANS = config("EXECUTION_PLANS", cast=bool, default=True)
REGISTERED_ONLY = tuple(config("REGISTERED_ONLY", cast=CommaSeparatedStrings, default=""))
JSON_BYTES_MAX = config("JSON_BYTES_MAX", cast=int, default=1024 * 1024)
MULTIPART_BYTES_MAX = config("MULTIPART_BYTES_MAX", cast=int, default=13 * 1024 * 1024)
UPLOAD_FILES_MAX = config("UPLOAD_FILES_MAX", cast=int, default=4)
UPLOAD_BYTES_MAX = config("UPLOAD_BYTES_MAX", cast=int, default=8 * 1024 * 1024)
STOCK_FILE_BYTES_MAX = config("STOCK_FILE_BYTES_MAX", cast=int, default=12 * 1024 * 1024)
SOCKET_FRAME_BYTES_MAX = config("SOCKET_FRAME_BYTES_MAX", cast=int, default=256 * 1024)
SOCKET_OPERATIONS_MAX = config("SOCKET_OPERATIONS_MAX", cast=int, default=20)
SOCKET_INIT_SECONDS = config("SOCKET_INIT_SECONDS", cast=float, default=10.0)
SOCKET_MESSAGES_PER_SECOND = config("SOCKET_MESSAGES_PER_SECOND", cast=int, default=30)
SOCKET_PING_SECONDS = config("SOCKET_PING_SECONDS", cast=float, default=25.0)
SOCKET_BACKLOG_MAX = config("SOCKET_BACKLOG_MAX", cast=int, default=100)
TOKEN_CHECK_SECONDS = config("TOKEN_CHECK_SECONDS", cast=float, default=60.0)
HEARTBEAT_SECONDS = config("HEARTBEAT_SECONDS", cast=float, default=15.0)
SOCKETS_MAX = config("SOCKETS_MAX", cast=int, default=10)
OPERATION_SECONDS = config("OPERATION_SECONDS", cast=float, default=20.0)
RATE_POINTS = config("RATE_POINTS", cast=int, default=5000)
RATE_POINTS_PER_SECOND = config("RATE_POINTS_PER_SECOND", cast=int, default=100)
INSTITUTION_FACTOR = config("INSTITUTION_FACTOR", cast=int, default=10)
# how many refusals a caller may have before he waits for each
REFUSALS = config("REFUSALS", cast=int, default=30)
REFUSALS_PER_SECOND = config("REFUSALS_PER_SECOND", cast=int, default=5)
DRAIN_SECONDS = config("DRAIN_SECONDS", cast=int, default=10)
DRAIN_SPREAD_SECONDS = config("DRAIN_SPREAD_SECONDS", cast=float, default=5.0)

# the metrics page: on a port of its own, for the machine itself; 0 is none
METRICS_PORT = config("METRICS_PORT", cast=int, default=0)
METRICS_HOST = config("METRICS_HOST", default="127.0.0.1")

# the worker: one single-threaded face process per core
FACE_PROCESSES = config("FACE_PROCESSES", cast=face_processes, default=cores())
# how long what is no record of the law is kept
EVENT_KEEP_DAYS = config("EVENT_KEEP_DAYS", cast=int, default=180)
IDEMPOTENCY_KEEP_DAYS = config("IDEMPOTENCY_KEEP_DAYS", cast=int, default=30)

if IS_PRODUCTION and YAOLU_CLOCK:
    raise SettingsError("YAOLU_CLOCK is for development and tests; take it out of the environment.")
if QUERY_COST_MAX > RATE_POINTS:
    raise SettingsError(
        f"RATE_POINTS ({RATE_POINTS}) is less than one operation may cost: raise it to QUERY_COST_MAX"
        f" ({QUERY_COST_MAX}) or more."
    )


if not (PAYMENT_PROVIDER.isascii() and PAYMENT_PROVIDER.isalnum() and len(PAYMENT_PROVIDER) <= 20):
    raise SettingsError("PAYMENT_PROVIDER is a name of at most 20 letters and digits.")
SIGNING_LETTERS_MIN = 16
weak = [key for key in (PAYMENT_KEY, *RECEIPT_KEY.split(",")) if 0 < len(key.strip()) < SIGNING_LETTERS_MIN]
if IS_PRODUCTION and weak:
    raise SettingsError(f"PAYMENT_KEY and each RECEIPT_KEY have {SIGNING_LETTERS_MIN} characters or more.")
for days in (EVENT_KEEP_DAYS, IDEMPOTENCY_KEEP_DAYS):
    if days < 1:
        raise SettingsError("EVENT_KEEP_DAYS and IDEMPOTENCY_KEEP_DAYS are whole days, 1 or more.")


def missing() -> list[str]:
    """Name the settings a serving process still needs (缺少的设置)."""
    needed = {
        "DATABASE_URL": DATABASE_URL,
        "REDIS_URL": REDIS_URL,
        "YAOLU_KEYS": YAOLU_KEYS,
        "IMAGE_STORE_URL": IMAGE_STORE_URL,
        "OIDC_ISSUER": OIDC_ISSUER,
        "OIDC_AUDIENCE": OIDC_AUDIENCE,
        "OIDC_JWKS_URL or OIDC_JWKS_FILE": OIDC_JWKS_URL or OIDC_JWKS_FILE,
    }
    if WECHAT_URL:
        needed |= {"WECHAT_APP_ID": WECHAT_APP_ID, "WECHAT_SECRET": WECHAT_SECRET}
        needed |= {"SESSION_KEY": SESSION_KEY} if IS_PRODUCTION else {}
    if PAYMENT_URL:
        needed |= {"PAYMENT_MERCHANT": PAYMENT_MERCHANT, "PAYMENT_KEY": PAYMENT_KEY}
    if RECEIPT_KEY:
        needed |= {"PUBLIC_URL": PUBLIC_URL}
    return [name for name, value in needed.items() if not value]
