"""Figures of labelled rows as numpy, SciPy and scikit-learn give them.

    pip install numpy scipy scikit-learn==1.9.1
    python test/references/headEvaluation.py > test/references/headEvaluation.json

Rows are made up: texts of random words of which a few go with the label. Folds are those of groupedFolds.ts, whose random
numbers (mulberry32) are made again here, so that the words are learnt on the same rows.
"""

import json

import numpy
import scipy
import sklearn
from scipy.optimize import brentq
from scipy.stats import binomtest, norm, spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

SEED = 20
FOLDS = 5
PENALTIES = [10, 3, 1, 0.3, 0.1, 0.03]
Z = norm.ppf(0.975)
random = numpy.random.default_rng(7)


def mulberry32(seed):
    state = seed & 0xFFFFFFFF
    imul = lambda a, b: (a * b) & 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = imul(state ^ (state >> 15), 1 | state)
        mixed = ((mixed + imul(mixed ^ (mixed >> 7), 61 | mixed)) & 0xFFFFFFFF) ^ mixed
        yield (mixed ^ (mixed >> 14)) / 2**32


def grouped_folds(groups, seed):
    stream = mulberry32(seed)
    order = sorted(set(groups))
    for last in range(len(order) - 1, 0, -1):
        other = int(next(stream) * (last + 1))
        order[last], order[other] = order[other], order[last]
    filled, fold_of = [0] * FOLDS, {}
    for group in order:
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += groups.count(group)
    return numpy.array([fold_of[group] for group in groups])


def choose(matrix, targets, groups, learner):
    """The largest penalty within one standard error of the best mean loss."""
    fold = grouped_folds(groups, SEED + 1)
    losses = numpy.array([[learner.loss(learner.fit(matrix[fold != held], targets[fold != held], penalty)(matrix[fold == held]), targets[fold == held]) for held in range(FOLDS)] for penalty in PENALTIES])
    means = losses.mean(1)
    best = means.argmin()
    limit = means[best] + losses[best].std(ddof=1) / FOLDS**0.5
    return max(penalty for penalty, mean in zip(PENALTIES, means) if mean <= limit)


def cross_validate(matrix, targets, groups, learner):
    fold = grouped_folds(groups, SEED)
    predictions = numpy.zeros(len(groups))
    penalty = choose(matrix, targets, groups, learner)
    for held in range(FOLDS):
        predictions[fold == held] = learner.fit(matrix[fold != held], targets[fold != held], penalty)(matrix[fold == held])
    return predictions


class Logistic:
    def __init__(self, intercept):
        self.intercept = intercept

    def fit(self, matrix, targets, penalty):
        model = LogisticRegression(C=1 / penalty, fit_intercept=self.intercept, tol=1e-10, max_iter=100_000)
        return model.fit(matrix, targets).decision_function

    def loss(self, margins, targets):
        return numpy.logaddexp(0, -margins * (2 * targets - 1)).mean()


class BradleyTerry(Logistic):
    """Logistic regression without an intercept, every other difference turned round so that there are two classes."""

    def fit(self, matrix, targets, penalty):
        signs = numpy.where(numpy.arange(matrix.shape[0]) % 2, -1.0, 1.0)
        return super().fit(matrix.multiply(signs[:, None]).tocsr(), (signs > 0).astype(float), penalty)

    def loss(self, margins, _targets):
        return numpy.logaddexp(0, -margins).mean()


class Squares:
    def fit(self, matrix, targets, penalty):
        return Ridge(alpha=penalty, tol=1e-12, solver="sparse_cg", max_iter=100_000).fit(matrix, targets).predict

    def loss(self, predictions, targets):
        return ((predictions - targets) ** 2).mean()


def vectors(texts, all_texts):
    return TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit(all_texts).transform(texts)


WORDS = [f"{a}{b}{c}" for a in "bdkm" for b in "aeo" for c in ["l", "n", "rt"]]


def text(words, telling, chance):
    return " ".join(telling if random.random() < chance else WORDS[random.integers(len(WORDS))] for _ in range(words))


def effective_size(influences, groups):
    values = influences - influences.mean()
    n, names = len(groups), sorted(set(groups))
    count = len(names)
    sums = numpy.array([values[[group == name for group in groups]].sum() for name in names])
    by_group = count / (count - 1) * (sums**2).sum() / n**2
    by_row = n / (n - 1) * (values**2).sum() / n**2
    return max(1, n / max(1, by_group / by_row))


def wilson(share, size):
    if size == int(size) and share * size == int(share * size):
        interval = binomtest(round(share * size), int(size)).proportion_ci(0.95, "wilson")
        return [interval.low, interval.high]
    roots = numpy.roots([1 + Z**2 / size, -2 * share - Z**2 / size, share**2])
    return sorted(roots.real.tolist())


def newcombe_pairs(first, second):
    """Statistics in Medicine 17 (1998), method 8, from the four counts of a paired table."""
    a = ((first == 1) & (second == 1)).sum()
    b = ((first == 1) & (second == 0)).sum()
    c = ((first == 0) & (second == 1)).sum()
    d = ((first == 0) & (second == 0)).sum()
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = wilson(p1, n), wilson(p2, n)
    phi = (a * d - b * c) / numpy.sqrt(float((a + b) * (c + d) * (a + c) * (b + d)))
    reach = lambda x, y: numpy.sqrt(x * x - 2 * phi * x * y + y * y)
    return [p1 - p2 - reach(p1 - l1, u2 - p2), p1 - p2 + reach(u1 - p1, p2 - l2)]


def area_figure(scores, targets, groups):
    """Newcombe's method 5 (2006), with DeLong's components counted pair by pair."""
    area = roc_auc_score(targets, scores)
    positive, negative = scores[targets == 1], scores[targets == 0]
    beats = (positive[:, None] > negative).astype(float) + 0.5 * (positive[:, None] == negative)
    influences = numpy.zeros(len(scores))
    influences[targets == 1] = (beats.mean(1) - area) / len(positive)
    influences[targets == 0] = (beats.mean(0) - area) / len(negative)
    scale = effective_size(influences, groups) / len(scores)
    m, n = len(positive) * scale, len(negative) * scale
    typical = (m + n) / 2

    def excess(theta):
        spread = theta * (1 - theta) * (1 + (typical - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (m * n)
        return abs(area - theta) - Z * numpy.sqrt(spread)

    tiny = 1e-12
    return {"value": area, "interval": [brentq(excess, tiny, area - tiny, xtol=1e-14), brentq(excess, area + tiny, 1 - tiny, xtol=1e-14)]}


def spearman_figure(scores, targets, groups):
    value = spearmanr(scores, targets).statistic
    standard = lambda x: (scipy.stats.rankdata(x) - scipy.stats.rankdata(x).mean()) / scipy.stats.rankdata(x).std()
    a, b = standard(scores), standard(targets)
    size = effective_size(a * b - value * (a**2 + b**2) / 2, groups)
    reach = Z * numpy.sqrt((1 + value**2 / 2) / (size - 3))
    return {"value": value, "interval": numpy.tanh(numpy.arctanh(value) + numpy.array([-reach, reach])).tolist()}


def calibration(margins):
    p = 1 / (1 + numpy.exp(-margins))
    confidence = numpy.maximum(p, 1 - p)
    right = (margins > 0).astype(float)
    index = numpy.minimum(9, ((confidence - 0.5) * 20).astype(int))
    error = sum(abs(confidence[index == bin].mean() - right[index == bin].mean()) * (index == bin).mean() for bin in set(index))
    return {"error": error, "brier": ((p - 1) ** 2).mean(), "counts": [int((index == bin).sum()) for bin in sorted(set(index))]}


def pairs_case():
    groups = [f"g{random.integers(60)}" for _ in range(200)]
    offset = {group: random.normal() for group in sorted(set(groups))}
    chosen = [text(random.integers(4, 14), "malrt", 0.12) for _ in groups]
    rejected = [text(random.integers(4, 14), "berdt", 0.12) for _ in groups]
    margins = numpy.array([0.6 + offset[group] + random.normal() for group in groups]).round(3)
    lengths = numpy.array([[len(a), len(b)] for a, b in zip(chosen, rejected)])
    outcomes = (margins > 0).astype(float)
    longer = (1 + numpy.sign(lengths[:, 0] - lengths[:, 1])) / 2
    length = longer if longer.mean() >= 0.5 else 1 - longer
    difference = vectors(chosen, chosen + rejected) - vectors(rejected, chosen + rejected)
    words = cross_validate(difference.tocsr(), numpy.ones(len(groups)), groups, BradleyTerry(False))
    word_outcomes = (1 + numpy.sign(words)) / 2
    side = lambda sign: float(outcomes[numpy.sign(lengths[:, 0] - lengths[:, 1]) == sign].mean())
    single = [index for index in range(len(groups)) if lengths[index, 0] != lengths[index, 1]]
    return {
        "groups": groups,
        "chosen": chosen,
        "rejected": rejected,
        "margins": margins.tolist(),
        "accuracy": outcomes.mean(),
        "interval": wilson(outcomes.mean(), effective_size(outcomes, groups)),
        "independent": wilson(outcomes.mean(), len(groups)),
        "length": [length.mean(), *wilson(length.mean(), effective_size(length, groups))],
        "words": [word_outcomes.mean(), *wilson(word_outcomes.mean(), effective_size(word_outcomes, groups))],
        "wordMargins": words.tolist(),
        "whereLonger": side(1),
        "whereShorter": side(-1),
        "untied": single,
        "overLength": newcombe_pairs(outcomes[single], length[single]),
        "calibration": calibration(margins),
    }


def texts_case(metric):
    groups = [f"g{random.integers(50)}" for _ in range(160)]
    offset = {group: random.normal() for group in sorted(set(groups))}
    latent = numpy.array([offset[group] + random.normal() for group in groups])
    targets = (latent > 0).astype(float) if metric == "AUC" else numpy.clip((latent * 1.5 + 3).round(), 1, 5)
    texts = [text(random.integers(5, 15), "malrt" if value > 0 else "berdt", 0.12) for value in latent]
    scores = (latent + random.normal(size=len(groups))).round(1)
    learner = Logistic(True) if metric == "AUC" else Squares()
    words = cross_validate(vectors(texts, texts), targets, groups, learner)
    figure = area_figure if metric == "AUC" else spearman_figure
    lengths = numpy.array([len(entry) for entry in texts])
    alone = figure(lengths, targets, groups)["value"]
    return {
        "groups": groups,
        "texts": texts,
        "targets": targets.tolist(),
        "scores": scores.tolist(),
        **figure(scores, targets, groups),
        "lengthAlone": max(alone, 1 - alone) if metric == "AUC" else abs(alone),
        "wordsAlone": figure(words, targets, groups)["value"],
        "words": words.tolist(),
    }


print(
    json.dumps(
        {
            "origin": f"numpy {numpy.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}",
            "pairs": pairs_case(),
            "AUC": texts_case("AUC"),
            "Spearman": texts_case("Spearman"),
        },
        indent=1,
    )
)
