"""Limits on documents (查询限制): how long, deep and wide they may be, checked before anything costly."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

import settings

PAIRS_MAX = 2_000
"""Pairs of fields with one name that a document may have; each costs validation some microseconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be (查询规模上限)."""

    tokens: int = settings.QUERY_TOKENS_MAX
    depth: int = settings.QUERY_DEPTH_MAX
    aliases: int = settings.QUERY_ALIASES_MAX
    root_fields: int = settings.QUERY_ROOT_FIELDS_MAX
    directives: int = settings.QUERY_DIRECTIVES_MAX
    operations: int = settings.QUERY_OPERATIONS_MAX
    variables: int = settings.QUERY_VARIABLES_MAX
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
    if (variables := sum(len(node.variable_definitions or ()) for node in operations)) > limits.variables:
        return [GraphQLError(f"{variables} variables found; at most {limits.variables}.")]
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
