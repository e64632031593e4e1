"""The exercises of lesson 08: see it from outside."""
