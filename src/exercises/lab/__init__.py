"""The exercises of the lesson 06_lose_nothing."""
