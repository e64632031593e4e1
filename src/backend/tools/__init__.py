"""Command-line tools of the backend, for whoever is on call."""
