"""The helper module of the notebooks: which Redis, plots, exercises, doctor."""
