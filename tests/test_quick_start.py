"""What the start of each pytest costs is kept low: see quick_start.py."""

import sys


def test_no_grammar_is_compiled_that_no_test_reads() -> None:
    assert "nbformat" in sys.modules
    assert not {"lark", "arrow"} & {*sys.modules}
