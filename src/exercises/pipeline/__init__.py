"""The exercises of the lesson 05_pipeline."""
