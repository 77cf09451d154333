"""The console (调试页): a page for developers, served outside production."""

PAGE = "<!doctype html><title>药路</title>"
PAGE_HEADERS: dict[str, str] = {}
