"""Halves the start of each pytest, and of a test's JupyterLab: no grammar is compiled for nothing.

A plugin of pytest, named in pyproject.toml: a conftest.py would come after nbval, which imports
nbformat, that jsonschema, and that rfc3987_syntax where it is there. It compiles a grammar for
internationalised addresses, two seconds of a core; isoduration imports half a library of dates for
durations. Without them, jsonschema checks neither. PYTEST_DONT_REWRITE: it may be there before.
"""

import sys

for checks in ("rfc3987_syntax", "isoduration"):
    sys.modules.setdefault(checks, None)  # type: ignore[arg-type]  # as if not installed
