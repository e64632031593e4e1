"""Wrong answers to pipeline.lines: each cell is named for the hint that it draws."""

# %% BEFORE
in_trouble = {
    "stage in trouble, minute 4 to 8": "aggregator",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% BEFORE
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "watcher",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% OTHER_STAGE
in_trouble = {
    "stage in trouble, minute 4 to 8": "watcher",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% OTHER_STAGE
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "analyzer",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% NO_ARRIVALS
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 10,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% NOT_TAKEN
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 40,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% ARRIVES
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 10,
}


# %% WORD
in_trouble = {
    "stage in trouble, minute 4 to 8": "analysis_queue",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% NO_DICT
in_trouble = ["analyzer", 20, "detector", 0]


# %% QUESTIONS
in_trouble = {"stage in trouble": "analyzer"}


# %% NO_NUMBER
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": "20",
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}
