"""Programs that show the backend's parts at work, and what they need.

redis_example.py    every use that the backend makes of Redis, in four short examples
pipeline.py         the whole pipeline on drawn scenes, with a Redis of its own
consumer.py         a consumer as a program: to watch, to kill, to pause
pop_or_reserve.py   the two ways in which it takes items, and its options
scenes.py           what three cameras see, drawn, with the truth about what is in it
detector_score.py   how good a detector is on such scenes: recall and precision
"""
