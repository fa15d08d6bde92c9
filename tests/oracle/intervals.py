"""Ratios and intervals of a row of accuracy.tsv from the counts of its clusters. Used by score.py.

Model: skypelab-accuracy(5), "Trials and intervals". Sums are exact (fractions), so that a variance
of 0 is 0; the incomplete beta function, which Student's t and Clopper and Pearson's bound need, is
Lentz's continued fraction (Numerical Recipes, section 6.4), inverted by bisection.
"""
import collections
import functools
import math
from fractions import Fraction

Z = 1.959963984540054  # quantile 0.975 of the normal distribution
COLUMNS = ["precision", "recall", "f1", "precision_low", "precision_high", "recall_low", "recall_high", "fpr",
           "fpr_upper", "clusters", "interval", "fp_clusters", "neg_clusters", "fpr_clusters_upper"]


def incomplete_beta(a, b, x):
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or 1e-300)
    h = d
    for m in range(1, 10000):
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / ((1 + term * d) or 1e-300)
            c = (1 + term / c) or 1e-300
            h *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * h / a


def bisect(low, high, below):
    for _ in range(200):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


@functools.lru_cache(None)
def student(df):
    """Quantile 0.975 of Student's t."""
    return bisect(0, 1e6, lambda t: incomplete_beta(df / 2, 0.5, df / (df + t * t)) > 0.05)


@functools.lru_cache(None)
def upper(k, n):
    """Exact one-sided 95 % upper bound of k of n: the share at which k or fewer have 5 %."""
    return 1.0 if k == n else bisect(0, 1, lambda p: 1 - incomplete_beta(k + 1, n - k, p) > 0.05)


def wilson(k, n):
    p = k / n
    middle, half = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return max(0, (middle - half) / (1 + Z * Z / n)), min(1, (middle + half) / (1 + Z * Z / n))


def ratio_t(clusters, emulated):
    """The interval of sum y / sum x over {cluster: (y, x)}, x above 0."""
    if len(clusters) < 2:
        return None
    y, x = (sum(c[i] for c in clusters.values()) for i in (0, 1))
    ratio = Fraction(y, x)
    strata = collections.defaultdict(list)
    for name, (a, b) in clusters.items():
        strata[name.rpartition("@")[0] if emulated else ""].append(a - ratio * b)
    alone = [d for of in strata.values() if len(of) == 1 for d in of]
    strata = [of for of in strata.values() if len(of) > 1] + ([alone] if alone else [])
    variance, squares = Fraction(0), Fraction(0)
    for of in strata:
        n = len(of)
        if n > 1:
            v = Fraction(n, n - 1) * sum((d - sum(of) / n) ** 2 for d in of)
            variance += v
            squares += v * v / (n - 1)
    if variance == 0:
        return wilson(y, x)
    half = student(float(variance * variance / squares)) * math.sqrt(variance) / x
    return max(0, float(ratio) - half), min(1, float(ratio) + half)


def row(clusters, emulated, has_tn, is_sum):
    """The fields of accuracy.tsv for {cluster: counts}, as text."""
    total = collections.Counter()
    for c in clusters.values():
        total.update(c)
    tp, fp, fn, tn, wrong = (total[n] for n in ("tp", "fp", "fn", "tn", "wrong_role"))
    method = "ratio-t" if len(clusters) > 1 else "-" if is_sum else "wilson"
    out = {n: str(total[n])
           for n in ("tp", "fp", "fn", "tn", "wrong_role", "unmatched", "unlabelled", "host_seconds")}

    def ratio(k, n, digits=4):
        return f"{k / n:.{digits}f}" if n else "-"

    out["precision"] = ratio(tp, tp + fp + wrong)
    out["recall"] = ratio(tp, tp + fn)
    out["f1"] = ratio(2 * tp, 2 * tp + fp + wrong + fn)
    for name, of in (("precision", ("tp", "fp", "wrong_role")), ("recall", ("tp", "fn"))):
        pairs = {k: (c["tp"], sum(c[n] for n in of)) for k, c in clusters.items()}
        pairs = {k: v for k, v in pairs.items() if v[1]}
        found = None
        if method == "ratio-t":
            found = ratio_t(pairs, emulated)
        elif method == "wilson" and pairs:
            found = wilson(*next(iter(pairs.values())))
        for end, value in zip(("low", "high"), found or (None, None)):
            out[f"{name}_{end}"] = "-" if value is None else f"{value:.4f}"
    negatives = fp + tn if has_tn else 0
    out["fpr"] = ratio(fp, negatives, 6)
    out["fpr_upper"] = f"{upper(fp, negatives):.6f}" if negatives else "-"
    reached = sum(c["fp"] + c["tn"] > 0 for c in clusters.values())
    hit = sum(c["fp"] > 0 for c in clusters.values())
    out["clusters"], out["interval"] = str(len(clusters)), method
    out["fp_clusters"], out["neg_clusters"] = str(hit), str(reached)
    out["fpr_clusters_upper"] = f"{upper(hit, reached):.6f}" if reached else "-"
    return out
