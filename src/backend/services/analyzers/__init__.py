"""Analyzers: `rules`, which is built in, and `model`, which asks a language model."""
