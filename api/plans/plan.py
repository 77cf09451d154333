"""The plan (执行计划) of one operation: for each selection its steps, for each plain value its completer.

What is selected is collected by graphql-core itself, once for all requests. Everything here is made when it
is first needed, and kept by identity: the lists that graphql-core collected live as long as their plan.
"""

from keyword import iskeyword
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNameMetaFieldDef,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from api.plans.objects import Attribute, object_of
from api.plans.reading import Look, ahead_of
from api.plans.values import Complete, Completer, leaf, list_of, nullable, one_of

if TYPE_CHECKING:
    from graphql.execution import Executor

COMPLETERS_MAX = 2000
"""Interfaces within interfaces multiply: what is beyond this many is left to graphql-core."""

OF_STRAWBERRY = GraphQLCoreConverter.DEFINITION_BACKREF


class Step(NamedTuple):
    """One field of a selection (一个字段); without a completer, graphql-core executes it."""

    name: str
    attribute: str
    completer: Completer | None
    details: FieldDetailsList


class Plan:
    """How one operation is executed, with `@skip` and `@include` decided one way."""

    def __init__(self, executor: "Executor[Any]") -> None:
        self.schema: GraphQLSchema = executor.schema
        self.operation: OperationDefinitionNode = executor.operation
        self._collected: dict[tuple[int, int], CollectedFields] = {}
        self._steps: dict[int, tuple[Step, ...]] = {}
        self._completers: dict[tuple[int, int], Completer | None] = {}
        self._looks: dict[tuple[int, int], Look] = {}
        root_type = self.schema.get_root_type(self.operation.operation)
        assert root_type is not None
        self.root = collect_fields(
            self.schema, executor.fragments, executor.variable_values, root_type, self.operation
        ).grouped_field_set

    def collected(
        self, executor: "Executor[Any]", type_: GraphQLObjectType, details: FieldDetailsList
    ) -> CollectedFields:
        """What is selected of an object."""
        key = id(details), id(type_)
        found = self._collected.get(key)
        if found is None:
            found = self._collected[key] = collect_subfields(
                self.schema, executor.fragments, executor.variable_values, self.operation, type_, details
            )
        return found

    def steps(
        self, executor: "Executor[Any]", type_: GraphQLObjectType, group: GroupedFieldSet
    ) -> tuple[Step, ...]:
        """How the fields of an object are executed."""
        found = self._steps.get(id(group))
        if found is None:
            found = tuple(self._step(executor, type_, name, details) for name, details in group.items())
            self._steps[id(group)] = found
        return found

    def completer(
        self, executor: "Executor[Any]", type_: GraphQLOutputType, details: FieldDetailsList
    ) -> Completer | None:
        """How values of a type are completed; None when only graphql-core can."""
        key = id(details), id(type_)
        if key not in self._completers:
            is_small = len(self._completers) < COMPLETERS_MAX
            self._completers[key] = self._compile(executor, type_, details) if is_small else None
        return self._completers[key]

    def look(self, executor: "Executor[Any]", type_: GraphQLOutputType, details: FieldDetailsList) -> Look:
        """What may be read ahead below values of a type."""
        key = id(details), id(type_)
        if key not in self._looks:
            self._looks[key] = self._look(executor, type_, details)
        return self._looks[key]

    def _look(self, executor: "Executor[Any]", type_: GraphQLOutputType, details: FieldDetailsList) -> Look:
        look, named = Look(), get_named_type(type_)
        if not isinstance(named, GraphQLObjectType):
            return look
        for step in self.steps(executor, named, self.collected(executor, named, details).grouped_field_set):
            field = self.schema.get_field(named, step.details[0].node.name.value)
            if field is None or not step.attribute or field is TypeNameMetaFieldDef:
                continue
            if relation := ahead_of(field.extensions.get(OF_STRAWBERRY)):
                look.relations[step.attribute] = relation
            if inner := self.look(executor, field.type, step.details):
                look.inner.setdefault(step.attribute, Look()).join(inner)
        return look

    def _step(
        self, executor: "Executor[Any]", type_: GraphQLObjectType, name: str, details: FieldDetailsList
    ) -> Step:
        field = self.schema.get_field(type_, details[0].node.name.value)
        if field is TypeNameMetaFieldDef:
            # every object has a class; its name in the schema needs no reading
            return Step(name, "__class__", Completer(lambda _: type_.name), details)
        attribute = attribute_of(field)
        if field is None or attribute is None:
            return Step(name, "", None, details)
        return Step(name, attribute, self.completer(executor, field.type, details), details)

    def _compile(
        self, executor: "Executor[Any]", type_: GraphQLOutputType, details: FieldDetailsList
    ) -> Completer | None:
        if isinstance(type_, GraphQLNonNull):
            return self._bare(executor, type_.of_type, details)
        completer = self._bare(executor, type_, details)
        return nullable(completer) if completer else None

    def _bare(
        self, executor: "Executor[Any]", type_: GraphQLOutputType, details: FieldDetailsList
    ) -> Completer | None:
        """The completer of values that are not null."""
        if is_leaf_type(type_):
            return leaf(type_)
        if isinstance(type_, GraphQLList):
            completer = self.completer(executor, type_.of_type, details)
            return list_of(completer) if completer else None
        if is_abstract_type(type_):
            return self._abstract(executor, type_, details)
        assert isinstance(type_, GraphQLObjectType)
        exact = class_of(type_) if type_.is_type_of else None
        is_checkable = exact is not None or not type_.is_type_of
        return self._object(executor, type_, details, exact) if is_checkable else None

    def _object(
        self,
        executor: "Executor[Any]",
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        exact: type | None,
    ) -> Completer | None:
        group = self.collected(executor, type_, details).grouped_field_set
        steps = self.steps(executor, type_, group)
        attributes = [
            Attribute(step.name, step.attribute, step.completer) for step in steps if step.completer
        ]
        return object_of(attributes, exact) if len(attributes) == len(steps) else None

    def _abstract(
        self, executor: "Executor[Any]", type_: GraphQLAbstractType, details: FieldDetailsList
    ) -> Completer | None:
        if getattr(type_.extensions.get(OF_STRAWBERRY), "resolve_type", None):
            return None
        by_class: dict[type, Complete] = {}
        for possible in self.schema.get_possible_types(type_):
            exact = class_of(possible)
            if exact is None:
                continue
            completer = self._object(executor, possible, details, exact)
            if completer is None:
                return None
            by_class[exact] = completer.complete
        return one_of(by_class) if by_class else None


def attribute_of(field: GraphQLField | None) -> str | None:
    """The attribute a field shows, or becomes when it is read ahead; None for one with logic of its own."""
    said = field.extensions.get(OF_STRAWBERRY) if field is not None else None
    if relation := ahead_of(said):
        return relation.attribute
    if not isinstance(said, StrawberryField) or type(said).get_result is not StrawberryField.get_result:
        return None
    is_plain = said.is_basic_field and said.default_resolver is getattr
    is_name = said.python_name.isidentifier() and not iskeyword(said.python_name)
    return said.python_name if is_plain and is_name else None


def class_of(type_: GraphQLObjectType) -> type | None:
    """The class whose own instances are surely of a type; None where strawberry must be asked."""
    definition = type_.extensions.get(OF_STRAWBERRY)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
        return None
    if definition.concrete_of is not None or definition.is_graphql_generic:
        return None
    return definition.origin
