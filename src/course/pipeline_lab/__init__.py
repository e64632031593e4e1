"""What the lesson on the pipeline needs beside the stages themselves.

clock.py      a clock that stands still until it is put forward
timeline.py   what a stage logs, and where the time of an event goes, stage by stage
"""

from course.pipeline_lab.clock import Clock
from course.pipeline_lab.timeline import log_of, time_of_event
from course.waiting import until

__all__ = ["Clock", "log_of", "time_of_event", "until"]
