"""Random valid documents over a schema, with what their generator leaves out added by chance."""

from collections.abc import Mapping
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    validate,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

VARIABLES = {"a": True, "b": False}
TAGS: Mapping[str, st.SearchStrategy[Any]] = {
    "Tag": st.just("x").map(nodes.String),
    "Date": st.just("2026-03-16").map(nodes.String),
}


def documents(schema: GraphQLSchema, sdl: str) -> st.SearchStrategy[str]:
    """Valid queries and mutations; they may use the variables `$a` and `$b`."""
    one = st.one_of(queries(sdl, custom_scalars=TAGS), mutations(sdl, custom_scalars=TAGS))
    return st.builds(lambda text, seed: embellished(schema, text, Random(seed)), one, st.integers(0, 2**32))


def embellished(schema: GraphQLSchema, text: str, chance: Random) -> str:
    """The document with fragments, repeated fields, aliases and directives, where it stays valid."""
    document = parse(text)
    for change in (_Fragments, _Repeats, _Aliases, _Directives):
        types = TypeInfo(schema)
        changer = change(types, chance)
        changed: DocumentNode = visit(document, TypeInfoVisitor(types, changer))
        changed = _with_variables(changed, changer.fragments)
        if not validate(schema, changed):
            document = changed
    return print_ast(document)


class _Change(Visitor):
    def __init__(self, types: TypeInfo, chance: Random) -> None:
        super().__init__()
        self.types = types
        self.chance = chance
        self.fragments: list[FragmentDefinitionNode] = []
        self.count = 0

    def fresh(self, prefix: str) -> NameNode:
        self.count += 1
        return NameNode(value=f"{prefix}{self.count}")


class _Fragments(_Change):
    """Selections move into fragments, named and inline."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        type_ = get_named_type(self.types.get_parent_type())
        if type_ is None or self.chance.random() > 0.3:
            return None
        condition = NamedTypeNode(name=NameNode(value=type_.name))
        cut = self.chance.randrange(len(node.selections))
        moved = SelectionSetNode(selections=node.selections[cut:])
        spread: SelectionNode
        if self.chance.random() < 0.5:
            spread = InlineFragmentNode(type_condition=condition, selection_set=moved)
        else:
            name = self.fresh("F")
            self.fragments.append(
                FragmentDefinitionNode(name=name, type_condition=condition, selection_set=moved)
            )
            spread = FragmentSpreadNode(name=name)
        return SelectionSetNode(selections=(*node.selections[:cut], spread))


class _Repeats(_Change):
    """Fields stand in a selection twice, and `__typename` beside them."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        if self.chance.random() > 0.3:
            return None
        again = (self.chance.choice(node.selections), FieldNode(name=NameNode(value="__typename")))
        return SelectionSetNode(selections=(*node.selections, *again))


class _Aliases(_Change):
    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        if self.chance.random() > 0.1 or node.alias:
            return None
        return _copied(node, alias=self.fresh("alias"))


class _Directives(_Change):
    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        return _copied(node, directives=self._said()) if self.chance.random() < 0.15 else None

    def leave_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> Any:
        return _copied(node, directives=self._said()) if self.chance.random() < 0.3 else None

    def _said(self) -> tuple[DirectiveNode, ...]:
        name = self.chance.choice(("skip", "include"))
        variable = VariableNode(name=NameNode(value=self.chance.choice(sorted(VARIABLES))))
        literal = BooleanValueNode(value=self.chance.random() < 0.5)
        value = variable if self.chance.random() < 0.7 else literal
        argument = ArgumentNode(name=NameNode(value="if"), value=value)
        return (DirectiveNode(name=NameNode(value=name), arguments=(argument,)),)


def _copied(node: Any, **changed: Any) -> Any:
    return type(node)(**{key: getattr(node, key, None) for key in node.keys} | changed)


def _with_variables(document: DocumentNode, fragments: list[FragmentDefinitionNode]) -> DocumentNode:
    """The document with its fragments, and with the variables that it uses."""
    used = {name for name in VARIABLES if f"${name}" in print_ast(document)}
    definitions = []
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            said = tuple(_declared(name) for name in sorted(used))
            node = _copied(node, variable_definitions=said)
        definitions.append(node)
    return DocumentNode(definitions=(*definitions, *fragments))


def _declared(name: str) -> VariableDefinitionNode:
    boolean = NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="Boolean")))
    return VariableDefinitionNode(variable=VariableNode(name=NameNode(value=name)), type=boolean)
