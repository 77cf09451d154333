"""Watching operations (观测): request id, metrics and span, alike on every transport."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_operation_ast,
)
from prometheus_client import Counter, Histogram
from structlog.contextvars import bound_contextvars

import settings
from api.same import Same
from engines.metrics import OPERATION_SECONDS, OPERATIONS
from engines.tracing import span

SEVERAL = "several"
OK = "OK"
PLANS, REFERENCE = "plans", "reference"


@dataclass(slots=True)
class Trail:
    """What became of one operation (经过): where it begins, its kind, its first error, its engine."""

    operation: str = ""
    kind: str = ""
    code: str = OK
    engine: str = ""
    is_refused: bool = False
    """Whether nothing was executed, through the caller's own doing (请求被拒绝)."""

    def is_about(self, document: DocumentNode, operation_name: str | None) -> None:
        """Name the operation by the schema's own words; call it only for a valid document."""
        self.operation, self.kind = name_of(Same(document), operation_name)
        # with plans the engine itself says which one it was
        self.engine = "" if settings.EXECUTION_PLANS else REFERENCE

    def saw(self, errors: Iterable[dict[str, object]]) -> None:
        """Keep the first error's code, as the caller is told it."""
        for error in errors:
            extensions = error["extensions"]
            if self.code == OK and isinstance(extensions, dict):
                self.code = str(extensions["code"])


@contextmanager
def observed(trail: Trail, request_id: str, transport: str, parent: str = "") -> Iterator[None]:
    """Watch an operation from its beginning to its answer; `parent` is the caller's own span."""
    began = perf_counter()
    with bound_contextvars(request_id=request_id), span(transport, parent) as current:
        try:
            yield
        finally:
            counter(trail.operation, trail.kind, trail.code, trail.engine, transport).inc()
            if trail.operation and trail.kind != "subscription":
                timer(trail.operation, trail.engine).observe(perf_counter() - began)
            if current is not None:
                current.update_name(" ".join(filter(None, (transport, trail.kind, trail.operation))))
                current.set_attributes(
                    {
                        "graphql.operation.type": trail.kind,
                        "yaolu.field": trail.operation,
                        "yaolu.code": trail.code,
                        "yaolu.engine": trail.engine,
                        "yaolu.request_id": request_id,
                    }
                )


@lru_cache(maxsize=4096)
def counter(*labels: str) -> Counter:
    """The counter of these labels (计数器): looking it up costs more than counting."""
    return OPERATIONS.labels(*labels)


@lru_cache(maxsize=4096)
def timer(*labels: str) -> Histogram:
    """The histogram of these labels (计时器)."""
    return OPERATION_SECONDS.labels(*labels)


@lru_cache(maxsize=512)
def name_of(kept: Same[DocumentNode], operation_name: str | None) -> tuple[str, str]:
    """The root field of an operation, or that there are several (操作名称), and the operation's kind.

    Not the name that the caller gave it: anybody may write anything there, as often as he likes.
    """
    operation = get_operation_ast(kept.value, operation_name)
    if operation is None:
        return "", ""
    found = set(root_fields(kept.value, operation))
    return (found.pop() if len(found) == 1 else SEVERAL), operation.operation.value


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> Iterator[str]:
    """The fields that an operation begins with, through its fragments."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    waiting = [operation.selection_set]
    spread: set[str] = set()
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)
