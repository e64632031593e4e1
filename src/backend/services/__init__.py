"""The stages of the pipeline: from a file in a camera's folder to an event on the dashboard."""
