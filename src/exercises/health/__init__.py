"""The exercises of the lesson 01_health."""
