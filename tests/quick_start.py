"""Halves the start of each pytest, and of a test's JupyterLab: no grammar is compiled for nothing.

A plugin of pytest, named in pyproject.toml: a conftest.py would come after nbval, which imports
nbformat, that jsonschema, and that rfc3987_syntax where it is there. It compiles a grammar for
internationalised addresses, two seconds of a core; without it, jsonschema does not check those.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # as if not installed
