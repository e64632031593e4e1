"""What is tried in a real browser. A package, for conftest.py: fixtures can last as long as it."""
