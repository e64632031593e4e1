"""An hour on call."""
