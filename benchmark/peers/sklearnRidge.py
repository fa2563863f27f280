"""Fits ratings with scikit-learn, one command a line on stdin, one JSON answer a line on stdout.

    {"op": "load", "features", "rows", "columns", "patterns": [{"rows", "heldOut", "targets"}], "penalties"}
    {"op": "published"}: Ridge per objective and penalty, as armo-rm/stage-1_train.py does it
    {"op": "grouped"}: Ridge per pattern of missing labels and penalty, all objectives of the pattern at once
    {"op": "float64", "penalties"}: numpy's solve in double precision, for the penalties that are given

Files hold F32 features [rows, columns] and F64 targets; a pattern names its rows and those held out. Fits answer with their
wall and CPU time in seconds, the penalty of every objective and the file of its predictions for the held-out rows, F64.
"""

import json
import sys
import time

import numpy
import sklearn
from sklearn.linear_model import Ridge

state = {}


def load(features, rows, columns, patterns, penalties):
    state["x"] = numpy.fromfile(features, dtype=numpy.float32).reshape(rows, columns)
    state["penalties"] = penalties
    state["patterns"] = []
    for pattern in patterns:
        own = numpy.array(pattern["rows"])
        held = numpy.array(pattern["heldOut"])
        y = numpy.fromfile(pattern["targets"], dtype=numpy.float64).reshape(-1, len(own)).T.astype(numpy.float32)
        is_held = numpy.isin(own, held)
        state["patterns"].append((state["x"][own[~is_held]], y[~is_held], state["x"][own[is_held]], y[is_held]))
    return {"version": f"scikit-learn {sklearn.__version__} on numpy {numpy.__version__}"}


def choose(x, y, x_held, y_held):
    """The penalty with the least squared error on held-out rows, for each column of y."""
    losses = []
    for penalty in state["penalties"]:
        model = Ridge(alpha=penalty, fit_intercept=False).fit(x, y)
        losses.append(((model.predict(x_held).reshape(y_held.shape) - y_held) ** 2).mean(axis=0))
    return numpy.array(state["penalties"])[numpy.argmin(numpy.array(losses), axis=0)]


def fit(is_grouped):
    penalties = []
    wall, cpu = time.perf_counter(), time.process_time()
    for x, y, x_held, y_held in state["patterns"]:
        columns = [slice(None)] if is_grouped else [slice(index, index + 1) for index in range(y.shape[1])]
        for own in columns:
            chosen = numpy.atleast_1d(choose(x, y[:, own], x_held, y_held[:, own]))
            penalties.extend(float(value) for value in chosen)
            for penalty in sorted(set(chosen)):
                Ridge(alpha=penalty, fit_intercept=False).fit(x, y[:, own][:, chosen == penalty])
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "penalties": penalties}


def float64(penalties, output):
    predictions, at = [], 0
    for x, y, x_held, _ in state["patterns"]:
        x, x_held = x.astype(numpy.float64), x_held.astype(numpy.float64)
        gram = x.T @ x if x.shape[1] <= x.shape[0] else x @ x.T
        for column in range(y.shape[1]):
            damped = gram + penalties[at] * numpy.eye(len(gram))
            target = y[:, column].astype(numpy.float64)
            is_primal = x.shape[1] <= x.shape[0]
            weight = numpy.linalg.solve(damped, x.T @ target) if is_primal else x.T @ numpy.linalg.solve(damped, target)
            predictions.append(x_held @ weight)
            at += 1
    numpy.concatenate(predictions).tofile(output)
    return {}


def main():
    operations = {
        "load": load,
        "published": lambda: fit(False),
        "grouped": lambda: fit(True),
        "float64": float64,
    }
    for line in sys.stdin:
        command = json.loads(line)
        operation = command.pop("op")
        try:
            answer = operations[operation](**command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
