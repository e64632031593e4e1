"""The parts of the drilled system, each a process: `python -m drills.parts`.

camera.py      writes images; it knows nothing of Redis
stages.py      file watcher, detector, batch aggregator, analyzer: the backend's own
web.py         the dashboard: the backend's own
side_jobs.py   what else works on the same Redis, as it does in every company
__main__.py    the process: logs in, works until SIGTERM, and is restarted by nobody
"""
