"""The exercises of the lesson 03_cache."""
