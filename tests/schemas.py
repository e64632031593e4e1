"""Holding files of ours against the schemas of others, which check-jsonschema carries with it."""

from __future__ import annotations

from pathlib import Path

import check_jsonschema
from click.testing import CliRunner, Result


def validate(path: Path, schema: str) -> Result:
    """Return what check-jsonschema says of a file: `exit_code` 0 if it keeps to the schema.

    It runs in this process: to load it into another takes longer than to check a file.
    """
    arguments = ["--builtin-schema", f"vendor.{schema}", str(path)]
    return CliRunner().invoke(check_jsonschema.main, arguments)
