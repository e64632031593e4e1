"""The parts of the drilled system, each a process: `python -m drills.parts`.

camera.py             writes images; it knows nothing of Redis
file_watcher.py       these four are the backend's own; stages.py is what they share
detector.py
batch_aggregator.py
analyzer.py
web.py                the dashboard: the backend's own
side_jobs.py          what else works on the same Redis, as it does in every company
__main__.py           the process: logs in, works until SIGTERM, and is restarted by nobody
"""
