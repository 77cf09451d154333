"""What an operation costs (查询成本): the objects it may bring, counted before anything is executed.

An object is a point; a page counts as often as `first` says, any other list as a few. Wrappers of a page cost
nothing. A change costs more, for it writes; so do the searches that read a whole neighbourhood
or a pharmacy's whole ledger, and what strangers have us ask elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeNode,
    VariableNode,
    get_named_type,
    get_operation_ast,
    is_composite_type,
    is_list_type,
)

import settings
from api.same import Same

PAGE_MAX = 100
"""The longest page; a larger `first` is refused where it is read."""

LIST_GUESS = 5
"""How many a list without `first` is taken to have."""

WRAPPERS = ("Connection", "Edge", "PageInfo")
"""Endings of types that only wrap others."""

CHANGE = 10
SEARCHES = {
    "nearbyPharmacies": 20,
    "splitProposal": 50,
    "nearbyHospitals": 10,
    "drugs": 5,
    "stockBalance": 50,
    "priceAlerts": 20,
    "reconcileTotals": 20,
    "reconcileDetails": 50,
    "hospitalYears": 50,
    "reconciliationDays": 10,
}

STRANGERS = {"signInWithWechat": 184}
"""Changes that anybody may send, and that ask somebody outside: dear, so few come from one address."""

TOKENS_OF_A_POINT = 10
"""So many tokens of a document not seen before cost a point: checking it takes longer than answering it."""

Sizes = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Pricing:
    """One operation being counted; each fragment is counted once."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    sizes: Mapping[str, int]
    known: dict[str, int] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None, parent: GraphQLCompositeType) -> int:
        """The points of a selection on one object."""
        cost = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                cost += self._of_field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                cost += self.of(node.selection_set, self._narrowed(node, parent))
            elif isinstance(node, FragmentSpreadNode):
                cost += self._of_fragment(node.name.value, parent)
        return cost

    def _of_field(self, node: FieldNode, parent: GraphQLCompositeType) -> int:
        known = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        definition = known.get(node.name.value)
        if definition is None:
            return 0
        inner = get_named_type(definition.type)
        cost = 0
        if parent is self.schema.query_type:
            cost = SEARCHES.get(node.name.value, 0)
        elif parent is self.schema.mutation_type:
            cost = STRANGERS.get(node.name.value, 0)
        if is_composite_type(inner):
            own = 0 if inner.name.endswith(WRAPPERS) else 1
            cost += self._times(node, definition) * (own + self.of(node.selection_set, inner))
        return cost

    def _of_fragment(self, name: str, parent: GraphQLCompositeType) -> int:
        if name not in self.known:
            fragment = self.fragments[name]
            self.known[name] = self.of(fragment.selection_set, self._narrowed(fragment, parent))
        return self.known[name]

    def _narrowed(
        self, node: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLCompositeType
    ) -> GraphQLCompositeType:
        named = node.type_condition and self.schema.get_type(node.type_condition.name.value)
        return named if is_composite_type(named) else parent

    def _times(self, node: FieldNode, definition: GraphQLField) -> int:
        if "first" in definition.args:
            return self._page(node, definition)
        kind: Any = definition.type
        kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        is_page = node.name.value == "edges"
        return LIST_GUESS if is_list_type(kind) and not is_page else 1

    def _page(self, node: FieldNode, definition: GraphQLField) -> int:
        usual = definition.args["first"].default_value
        for argument in node.arguments or ():
            if argument.name.value == "first" and isinstance(argument.value, IntValueNode):
                return page(int(argument.value.value))
            if argument.name.value == "first" and isinstance(argument.value, VariableNode):
                return self.sizes.get(argument.value.name.value, page(usual))
        return page(usual)


def page(size: object) -> int:
    """How often a page counts; what is no size is refused elsewhere and counts as a full page."""
    if isinstance(size, bool) or not isinstance(size, int):
        return PAGE_MAX
    return min(max(size, 0), PAGE_MAX)


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Mapping[str, Any] | None
) -> int:
    """The points of a valid document's operation; at least one."""
    kept = Same(document)
    numbers = _numbers(kept)
    said = {**numbers, **(variables or {})}
    sizes = tuple((variable, page(said[variable])) for variable in numbers if said[variable] is not None)
    return _cost(schema, kept, name, sizes)


def fee_of(document: DocumentNode) -> int:
    """The points of a document that this process has not seen of late (新文档); 0 for any other."""
    seen = _tokens.cache_info().misses
    tokens = _tokens(Same(document))
    return tokens // TOKENS_OF_A_POINT if _tokens.cache_info().misses > seen else 0


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def _tokens(document: Same[DocumentNode]) -> int:
    """How many tokens a document has, comments among them."""
    tokens, token = 0, document.value.loc and document.value.loc.start_token.next
    # the last one is the end
    while token and token.next:
        tokens, token = tokens + 1, token.next
    return tokens


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def _numbers(document: Same[DocumentNode]) -> dict[str, int | None]:
    """The variables of a document that may be the size of a page, with their defaults."""
    return {
        variable.variable.name.value: int(variable.default_value.value)
        if isinstance(variable.default_value, IntValueNode)
        else None
        for node in document.value.definitions
        if isinstance(node, OperationDefinitionNode)
        for variable in node.variable_definitions or ()
        if _named(variable.type) == "Int"
    }


def _named(kind: TypeNode) -> str:
    inner = kind.type if isinstance(kind, NonNullTypeNode) else kind
    return inner.name.value if isinstance(inner, NamedTypeNode) else ""


@lru_cache(maxsize=4 * settings.QUERY_CACHE_SIZE)
def _cost(schema: GraphQLSchema, kept: Same[DocumentNode], name: str | None, sizes: Sizes) -> int:
    document = kept.value
    operation = get_operation_ast(document, name)
    root = schema.get_root_type(operation.operation) if operation else None
    if operation is None or root is None:
        return 1
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    cost = Pricing(schema, fragments, dict(sizes)).of(operation.selection_set, root)
    if operation.operation is OperationType.MUTATION:
        cost += CHANGE * len(operation.selection_set.selections)
    return max(cost, 1)
