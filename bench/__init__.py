"""What a call costs: ratios against redis-py and Redis's own benchmark, each beside its goal.

    make bench

Absolute figures belong to one machine at one moment; a ratio of two costs that were measured side
by side holds from machine to machine. So everything that is compared runs in one process, in short
slices, in an order that is drawn anew in each round (`measure.py`).

    measure.py     cost: slices of every variant, round by round
    report.py      a row of the table, the table, the JSON file
    chart.py       the table as a picture
    calls.py       add, get, set, publish and get_from_queue against redis-py
    batches.py     a thousand items or keys in one call
    reserving.py   reserve and acknowledge against BLPOP
    listening.py   the last delivery to a hundred listeners
    growing.py     the cost with 10 items and with 1,000,000
    memory.py      bytes that the server needs for a job, and what stays behind
    rivals/        the reliable queue against six other job queues: make bench-rivals
"""
