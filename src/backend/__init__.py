"""The slice of the home security backend that the course teaches, under its production names."""
