"""Content negotiation (内容协商): which media type answers, and with which status."""

from enum import StrEnum

from api.errors import RequestRefused


class MediaType(StrEnum):
    """Media types a GraphQL answer may have (媒体类型)."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"


class Outcome(StrEnum):
    """How far an operation came (执行结果)."""

    EXECUTED = "EXECUTED"
    REQUEST_ERROR = "REQUEST_ERROR"
    TOO_FAST = "TOO_FAST"
    TOO_SLOW = "TOO_SLOW"
    FAULT = "FAULT"


# The one place where statuses are chosen. Old clients that ask for application/json expect 200 whenever
# the answer is well formed; the new type says by its status that nothing was executed.
STATUS: dict[tuple[MediaType, Outcome], int] = {
    (MediaType.JSON, Outcome.EXECUTED): 200,
    (MediaType.JSON, Outcome.REQUEST_ERROR): 200,
    (MediaType.JSON, Outcome.TOO_FAST): 429,
    (MediaType.JSON, Outcome.TOO_SLOW): 503,
    (MediaType.JSON, Outcome.FAULT): 500,
    (MediaType.GRAPHQL, Outcome.EXECUTED): 200,
    (MediaType.GRAPHQL, Outcome.REQUEST_ERROR): 400,
    (MediaType.GRAPHQL, Outcome.TOO_FAST): 429,
    (MediaType.GRAPHQL, Outcome.TOO_SLOW): 503,
    (MediaType.GRAPHQL, Outcome.FAULT): 500,
}

# Which type a wanted range stands for. Whoever takes anything gets the old type.
RANGES: dict[str, MediaType] = {
    MediaType.GRAPHQL: MediaType.GRAPHQL,
    MediaType.JSON: MediaType.JSON,
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
}


def negotiate(accept: str | None) -> MediaType:
    """The type wanted most; the first of several wanted alike. Refuse with 406 when there is none."""
    if accept is None or not accept.strip():
        return MediaType.JSON
    best, best_quality = None, 0.0
    for wanted, quality in _ranges(accept):
        if wanted in RANGES and quality > best_quality:
            best, best_quality = RANGES[wanted], quality
    if best is None:
        raise RequestRefused(406, f"只能以 {MediaType.GRAPHQL} 或 {MediaType.JSON} 应答。")
    return best


def wants_page(accept: str | None) -> bool:
    """Whether a browser asks for a page to look at."""
    return any(wanted == "text/html" and quality > 0 for wanted, quality in _ranges(accept or ""))


def wants_events(accept: str | None) -> bool:
    """Whether the caller asks for a stream of events."""
    return any(wanted == "text/event-stream" and quality > 0 for wanted, quality in _ranges(accept or ""))


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges: list[tuple[str, float]] = []
    for part in accept.lower().split(","):
        wanted, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                quality = _quality(parameter[2:])
            elif parameter.startswith("charset=") and parameter[8:].strip('"') not in ("utf-8", "utf8"):
                quality = 0.0
        ranges.append((wanted, quality))
    return ranges


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
