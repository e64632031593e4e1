"""Right answers to pipeline.lines, each in its own way."""

# %% LI
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
}


# %% FLOAT
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20.0,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0.0,
}


# %% EXTRA
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 20,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": 0,
    "note": "mine",
}


# %% DICT
in_trouble = dict(
    [
        ("stage in trouble, minute 4 to 8", "analyzer"),
        ("batches a minute that are taken, minute 8 to 12", 10 + 10),
        ("stage in trouble, minute 14 to 18", "detector"),
        ("batches a minute that arrive, minute 14 to 18", 0),
    ]
)


# %% VAR
a = 30 // 3
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 2 * a,
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": a - a,
}


# %% NUMPY
import numpy as np

line = np.array([40, 30, 20, 10, 0])
in_trouble = {
    "stage in trouble, minute 4 to 8": "analyzer",
    "batches a minute that are taken, minute 8 to 12": 10 - np.diff(line)[0],
    "stage in trouble, minute 14 to 18": "detector",
    "batches a minute that arrive, minute 14 to 18": np.zeros(4, dtype=int).sum(),
}
