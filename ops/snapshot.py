"""The printed schema (GraphQL 模式快照)."""

from graphql import lexicographic_sort_schema, print_schema


def printed_schema() -> str:
    """The schema in SDL, sorted, so that its difference is the API's change."""
    from api.main import schema

    return print_schema(lexicographic_sort_schema(schema()._schema)) + "\n"
