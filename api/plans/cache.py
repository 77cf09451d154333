"""The plans kept (计划缓存), and what is not planned at all.

A plan belongs to a schema, an operation of a parsed document, and the values of the variables that `@skip`
and `@include` look at: the parser's cache gives the same document for the same text.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from api.plans.plan import Plan

if TYPE_CHECKING:
    from graphql.execution import Executor


class Conditions(NamedTuple):
    """What decides which fields are selected (选择条件)."""

    operation: OperationDefinitionNode
    variables: tuple[str, ...]
    is_planned: bool


class PlanCache:
    """The plans used last, at most so many."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.hits = 0
        self.misses = 0
        # Kept by identity: an entry holds its operation, so that no other one takes its place in memory.
        self._conditions: OrderedDict[int, Conditions] = OrderedDict()
        self._plans: OrderedDict[tuple[Any, ...], Plan | None] = OrderedDict()

    def plan(self, executor: "Executor[Any]") -> Plan | None:
        """The plan of an operation; None when graphql-core executes it alone."""
        if not is_plain(executor):
            return None
        conditions = self._conditions_of(executor)
        values = executor.variable_values.coerced
        decided = tuple(values.get(name) for name in conditions.variables)
        # A condition without a value is an error, and errors are graphql-core's.
        if not conditions.is_planned or not all(type(value) is bool for value in decided):
            return None
        key = id(executor.schema), id(executor.operation), decided
        if key in self._plans:
            self.hits += 1
            self._plans.move_to_end(key)
            return self._plans[key]
        self.misses += 1
        plan = self._plans[key] = Plan(executor)
        if len(self._plans) > self.size:
            self._plans.popitem(last=False)
        return plan

    def _conditions_of(self, executor: "Executor[Any]") -> Conditions:
        key = id(executor.operation)
        if key not in self._conditions:
            self._conditions[key] = conditions_of(executor.operation, executor.fragment_definitions)
            if len(self._conditions) > self.size:
                self._conditions.popitem(last=False)
        else:
            self._conditions.move_to_end(key)
        return self._conditions[key]


def is_plain(executor: "Executor[Any]") -> bool:
    """Whether nothing watches single fields: an extension with `resolve` wraps each of them."""
    middleware = executor.middleware_manager
    return (middleware is None or not middleware.middlewares) and executor.abort_signal is None


def conditions_of(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> Conditions:
    """What decides the selection; incremental delivery and arguments of fragments are not planned."""
    found = _Conditions()
    visit(operation, found)
    for fragment in fragments.values():
        visit(fragment, found)
        found.is_planned &= not fragment.variable_definitions
    return Conditions(operation, tuple(sorted(found.variables)), found.is_planned)


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.is_planned = True

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in ("defer", "stream"):
            self.is_planned = False
        if node.name.value in ("skip", "include"):
            self.variables.update(name for name in map(_variable, node.arguments or ()) if name)


def _variable(argument: ArgumentNode) -> str | None:
    return argument.value.name.value if isinstance(argument.value, VariableNode) else None
