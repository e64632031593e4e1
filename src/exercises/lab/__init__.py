"""The exercises of the lesson 06_failure_lab."""
