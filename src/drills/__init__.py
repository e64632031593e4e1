"""On call: a system that is really broken, and a judge that looks at what became of it.

    from drills import on_call

on_call.py     what the lesson calls: start, done, summary, finish
system.py      the system: real parts as processes, on a Redis server of its own
settings.py    what a deployment decides about a part
parts/         the parts
incidents/     what can be broken, and what is right then
judge.py       is it well, does it stay so, was anything lost, was harm done?
ledger.py      the tally of the images
record.py      what the reader has solved
handout.py     for somebody who plays an incident with a group
"""
