"""Detectors: `background`, which is built in, and `rt_detr`, which production uses."""
