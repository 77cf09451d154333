"""Limits on documents (查询限制): tokens, depth and aliases, checked before anything costly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.schema import validate_document

import settings

Extension = type[SchemaExtension] | Callable[[], SchemaExtension]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be (查询规模上限)."""

    tokens: int = settings.QUERY_TOKENS_MAX
    depth: int = settings.QUERY_DEPTH_MAX
    aliases: int = settings.QUERY_ALIASES_MAX
    hides_schema: bool = settings.IS_PRODUCTION
    """Whether the schema is shown only to callers who have signed in (内省限制)."""


@dataclass(slots=True)
class Measure:
    """Depth and aliases of a document with its fragments spread (查询规模).

    Each fragment is measured once: a chain of fragments that doubles at every link is as quick as any other.
    """

    fragments: dict[str, FragmentDefinitionNode]
    known: dict[str, tuple[int, int]] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None) -> tuple[int, int]:
        """Depth and number of aliases; introspection counts for neither, for it has limits of its own."""
        depth = aliases = 0
        for node in selections.selections if selections else ():
            inner_depth, inner_aliases = 0, 0
            if isinstance(node, FieldNode) and not node.name.value.startswith("__"):
                inner_depth, inner_aliases = self.of(node.selection_set)
                inner_depth += 1
                inner_aliases += node.alias is not None
            elif isinstance(node, InlineFragmentNode):
                inner_depth, inner_aliases = self.of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                inner_depth, inner_aliases = self._of_fragment(node.name.value)
            depth = max(depth, inner_depth)
            aliases += inner_aliases
        return depth, aliases

    def _of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self.known:
            # A fragment within itself, or one that is not there, is left to validation.
            self.known[name] = (0, 0)
            fragment = self.fragments.get(name)
            self.known[name] = self.of(fragment.selection_set if fragment else None)
        return self.known[name]


def limit_errors(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Every limit the document breaks."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    measure = Measure(fragments)
    errors: list[GraphQLError] = []
    aliases_total = 0
    for node in document.definitions:
        if not isinstance(node, OperationDefinitionNode):
            continue
        depth, aliases = measure.of(node.selection_set)
        aliases_total += aliases
        # The outermost fields stand at depth 0.
        if depth - 1 > limits.depth:
            errors.append(GraphQLError(f"The operation is {depth - 1} deep; at most {limits.depth}.", node))
    if aliases_total > limits.aliases:
        errors.append(GraphQLError(f"{aliases_total} aliases found; at most {limits.aliases}."))
    return errors


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def _checked(
    schema: GraphQLSchema, document: DocumentNode, rules: tuple[type, ...], limits: Limits
) -> tuple[GraphQLError, ...]:
    try:
        # Limits first: some rules take very long over documents that break them.
        return tuple(limit_errors(document, limits) or validate_document(schema, document, rules))
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
            context.pre_execution_errors = list(
                _checked(context.schema._schema, document, rules, self.limits)
            )
        yield


def extensions(limits: Limits | None = None) -> list[Extension]:
    """The extensions of every schema of ours; the caches they use are shared by all requests."""
    limits = limits or Limits()
    return [
        lambda: CheckedDocument(limits),
        lambda: ParserCache(maxsize=settings.QUERY_CACHE_SIZE),
    ]
