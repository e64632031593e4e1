"""Wrong answers to queue.plot: each cell is named for the hint that it draws."""

# %% STOPPED_EARLIER
what_happened = {
    "detectors stopped at minute": 8,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": 60,
}


# %% SLOPE
what_happened = {
    "detectors stopped at minute": 3,
    "images a minute that come in": 150,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": 60,
}


# %% LEVEL
what_happened = {
    "detectors stopped at minute": 3,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 0,
    "images a minute that are taken, minute 10 to 15": 60,
}


# %% BOTH
what_happened = {
    "detectors stopped at minute": 3,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": 30,
}
