"""What the outside world asks over HTTP."""
