"""Checking documents (查询校验): parsed once, and held once against our limits and the rules of GraphQL."""

from functools import lru_cache, partial

from graphql import (
    DocumentNode,
    FieldsOnCorrectTypeRule,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType
from strawberry.utils.operation import get_operation_type

import settings
from api.errors import OPERATION_UNKNOWN, RequestRefused
from api.limits import Limits, limit_errors
from api.same import Same

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
"""What GraphQL asks of a document, and what strawberry asks besides."""

ERRORS_MAX = 10
"""How many errors a document is told at most."""


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def parsed(text: str, tokens: int) -> DocumentNode:
    """The document of a text (文档); raise GraphQLSyntaxError, also for more than so many tokens."""
    return parse(text, max_tokens=tokens)


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def kind_of(document: Same[DocumentNode], name: str | None) -> OperationType:
    """The kind of the named operation, or of the first (操作类型); raise CannotGetOperationTypeError."""
    try:
        return get_operation_type(document.value, name)
    except RuntimeError as error:
        raise CannotGetOperationTypeError(name) from error


def errors_in(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, limits: Limits, *, is_stranger: bool
) -> list[GraphQLError]:
    """What is wrong with a document (校验错误); a stranger may not be shown the schema where it is hidden."""
    hides = limits.hides_schema and is_stranger
    found = _checked(schema, Same(document), hides, limits)
    return list(found) or nameless(document, name)


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def _checked(
    schema: GraphQLSchema, kept: Same[DocumentNode], hides_schema: bool, limits: Limits
) -> tuple[GraphQLError, ...]:
    document = kept.value
    checked = partial(validate, schema, document, max_errors=ERRORS_MAX, hide_suggestions=limits.hides_schema)
    rules = (*RULES, NoSchemaIntrospectionCustomRule) if hides_schema else RULES
    try:
        # Limits first: some rules take very long over documents that break them.
        if broken := limit_errors(document, limits):
            return tuple(broken)
        # Rules about variables read all of an operation before any rule may give it up.
        strangers = checked((FieldsOnCorrectTypeRule,))
        return tuple(strangers if len(strangers) > ERRORS_MAX else checked(rules))
    except RecursionError:
        return (GraphQLError("The document is nested too deeply."),)


def nameless(document: DocumentNode, name: str | None) -> list[GraphQLError]:
    """The refusal of a document with several operations of which none is named."""
    if name or sum(isinstance(node, OperationDefinitionNode) for node in document.definitions) < 2:
        return []
    refused = RequestRefused(
        400, "query 中有多个操作,请以 operationName 指明要执行哪一个。", OPERATION_UNKNOWN
    )
    return [GraphQLError(str(refused), original_error=refused)]
