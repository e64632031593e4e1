"""The drawn pictures of the lessons: `make diagrams` writes them to `notebooks/pictures/`.

kit.py        the pencil: boxes, lists, arrows and time axes, in the colours of the figures
pipeline.py   the system in one line, with the part lit that a lesson is about
…             one module for each lesson that has pictures of its own

A module offers `PICTURES`, {name: function that returns a `Canvas`}. A lesson shows a picture in a
Markdown cell, and says there in words all that it shows: `![words](pictures/<name>.svg)`.
"""
