"""Scripts that show the backend's parts at work."""
