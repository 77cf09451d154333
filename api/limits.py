"""Limits on documents (查询限制): how long, deep and wide they may be, checked before anything costly."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

from graphql import (
    DocumentNode,
    FieldNode,
    FieldsOnCorrectTypeRule,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    validate,
)
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

import settings
from api.charging import Charged
from api.deadline import Deadline
from api.errors import OPERATION_UNKNOWN, RequestRefused
from api.same import Same

PAIRS_MAX = 2_000
"""Pairs of fields with one name that a document may have; each costs validation some microseconds."""

MORE_RULES = (MaybeNullValidationRule, OneOfInputValidationRule)
"""What strawberry asks of documents besides."""

ERRORS_MAX = 20
"""How many errors a document is told at most."""

Extension = type[SchemaExtension] | Callable[[], SchemaExtension]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be (查询规模上限)."""

    tokens: int = settings.QUERY_TOKENS_MAX
    depth: int = settings.QUERY_DEPTH_MAX
    aliases: int = settings.QUERY_ALIASES_MAX
    root_fields: int = settings.QUERY_ROOT_FIELDS_MAX
    directives: int = settings.QUERY_DIRECTIVES_MAX
    operations: int = settings.QUERY_OPERATIONS_MAX
    hides_schema: bool = settings.IS_PRODUCTION
    """Whether the schema is shown only to callers who have signed in (内省限制)."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a selection is (查询规模): levels, and what is written on them with fragments spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    names: Mapping[str, int] = field(default_factory=dict)
    """How often each name of the answer is asked for at this level."""
    repeats: int = 0
    """Pairs of fields below that have one name in the answer: validation compares each of them."""

    @property
    def pairs(self) -> int:
        """The pairs of this level and of those below."""
        return self.repeats + sum(many * (many - 1) // 2 for many in self.names.values())


NOTHING, PLAIN, ALIASED = Size(), Size(depth=1, fields=1), Size(depth=1, fields=1, aliases=1)


@dataclass(slots=True)
class Measure:
    """The sizes of a document's selections.

    Each fragment is measured once: a chain of fragments that doubles at every link is as quick as any other.
    """

    fragments: dict[str, FragmentDefinitionNode]
    known: dict[str, Size] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None) -> Size:
        """The size of a selection; introspection counts for nothing, for it has limits of its own."""
        depth = fields = aliases = directives = repeats = 0
        names: Counter[str] = Counter()
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode) and not node.name.value.startswith("__"):
                names[(node.alias or node.name).value] += 1
            inner = self._of_node(node)
            depth = max(depth, inner.depth)
            fields += inner.fields
            aliases += inner.aliases
            directives += inner.directives + len(node.directives or ())
            repeats += inner.repeats
            if inner.names:
                names.update(inner.names)
        return Size(depth, fields, aliases, directives, names, repeats)

    def _of_node(self, node: SelectionNode) -> Size:
        if isinstance(node, FieldNode) and not node.name.value.startswith("__"):
            if node.selection_set is None:
                return ALIASED if node.alias else PLAIN
            inner = self.of(node.selection_set)
            aliases = inner.aliases + (node.alias is not None)
            return Size(inner.depth + 1, 1, aliases, inner.directives, repeats=inner.pairs)
        if isinstance(node, InlineFragmentNode):
            return self.of(node.selection_set)
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        return NOTHING

    def _of_fragment(self, name: str) -> Size:
        if name not in self.known:
            # A fragment within itself, or one that is not there, is left to validation.
            self.known[name] = NOTHING
            fragment = self.fragments.get(name)
            self.known[name] = self.of(fragment.selection_set if fragment else None)
        return self.known[name]


def limit_errors(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Every limit the document breaks."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) > limits.operations:
        return [GraphQLError(f"The document has {len(operations)} operations; at most {limits.operations}.")]
    measure = Measure(
        {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    )
    sizes = [measure.of(node.selection_set) for node in operations]
    errors: list[GraphQLError] = []
    for node, size in zip(operations, sizes, strict=True):
        # The outermost fields stand at depth 0.
        if size.depth - 1 > limits.depth:
            errors.append(
                GraphQLError(f"The operation is {size.depth - 1} deep; at most {limits.depth}.", node)
            )
        if size.fields > limits.root_fields:
            text = f"The operation has {size.fields} root fields; at most {limits.root_fields}."
            errors.append(GraphQLError(text, node))
    if (aliases := sum(size.aliases for size in sizes)) > limits.aliases:
        errors.append(GraphQLError(f"{aliases} aliases found; at most {limits.aliases}."))
    if (directives := sum(size.directives for size in sizes)) > limits.directives:
        errors.append(GraphQLError(f"{directives} directives found; at most {limits.directives}."))
    if sum(size.pairs for size in sizes) > PAIRS_MAX:
        errors.append(GraphQLError("The same fields are selected too often side by side."))
    return errors


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def _checked(
    schema: GraphQLSchema, kept: Same[DocumentNode], rules: tuple[type, ...], limits: Limits
) -> tuple[GraphQLError, ...]:
    document = kept.value
    checked = partial(validate, schema, document, max_errors=ERRORS_MAX, hide_suggestions=limits.hides_schema)
    try:
        # Limits first: some rules take very long over documents that break them.
        if broken := limit_errors(document, limits):
            return tuple(broken)
        # Rules about variables read all of an operation before any rule may give it up.
        strangers = checked((FieldsOnCorrectTypeRule,))
        return tuple(strangers if len(strangers) > ERRORS_MAX else checked((*rules, *MORE_RULES)))
    except RecursionError:
        return (GraphQLError("The document is nested too deeply."),)


class CheckedDocument(SchemaExtension):
    """Check each document once (查询校验缓存): its limits, then the rules of GraphQL."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = self.limits.tokens
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        if document is not None:
            rules = context.validation_rules
            if self.limits.hides_schema and getattr(context.context, "actor", None) is None:
                rules += (NoSchemaIntrospectionCustomRule,)
            errors = list(_checked(context.schema._schema, Same(document), rules, self.limits))
            context.pre_execution_errors = errors or nameless(document, context._provided_operation_name)
        yield


def nameless(document: DocumentNode, name: str | None) -> list[GraphQLError]:
    """The refusal of a document with several operations of which none is named."""
    if name or sum(isinstance(node, OperationDefinitionNode) for node in document.definitions) < 2:
        return []
    refused = RequestRefused(
        400, "query 中有多个操作,请以 operationName 指明要执行哪一个。", OPERATION_UNKNOWN
    )
    return [GraphQLError(str(refused), original_error=refused)]


def extensions(limits: Limits | None = None) -> list[Extension]:
    """The extensions of every schema of ours; the caches they use are shared by all requests."""
    limits = limits or Limits()
    return [
        lambda: CheckedDocument(limits),
        Charged,
        Deadline,
        lambda: ParserCache(maxsize=settings.QUERY_CACHE_SIZE),
    ]
