"""The nouns of the API: types, inputs, enums, scalars, refusals, loaders."""
