"""The exercises of the lesson 00_start_here."""
