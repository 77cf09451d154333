"""The nouns of the API: types, inputs, enums, scalars, refusals, loaders."""

import schema.enums  # noqa: F401  # a type that names an enumeration before it is exposed loses its words
