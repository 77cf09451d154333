"""The door: the Starlette application, the GraphQL endpoint, tokens, uploads, health."""
