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


# %% NO_DICT
what_happened = [3, 30, 30, 60]


# %% NO_DICT
what_happened = None


# %% QUESTIONS
what_happened = {
    "detectors stopped": 3,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": 60,
}


# %% NO_NUMBER
what_happened = {
    "detectors stopped at minute": "3",
    "images a minute that come in": "30",
    "images a minute that are taken, minute 8 to 10": "30",
    "images a minute that are taken, minute 10 to 15": "60",
}


# %% GROUND
what_happened = {
    "detectors stopped at minute": 2,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": 60,
}


# %% NO_NUMBER
what_happened = {
    "detectors stopped at minute": 3,
    "images a minute that come in": 30,
    "images a minute that are taken, minute 8 to 10": 30,
    "images a minute that are taken, minute 10 to 15": None,
}
