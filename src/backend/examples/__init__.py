"""Programs that show the backend's parts at work, and what they need.

redis_example.py    every use that the backend makes of Redis, in four short examples
scenes.py           what three cameras see, drawn, with the truth about what is in it
detector_score.py   how good a detector is on such scenes: recall and precision
"""
