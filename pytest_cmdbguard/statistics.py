"""Verdicts under noise: is "95 % of requests take at most T seconds" shown, refuted or open?

The claim is turned into one about a share: ``p95 <= T`` holds exactly when at most 5 % of all
requests exceed T. Exceedances are counted, and the share is bounded by the Clopper-Pearson
interval (Clopper and Pearson, Biometrika 26, 1934) after the number of samples was corrected for
their dependence: neighbouring response times are alike, so a thousand of them may say no more
than a hundred independent ones (the design effect of Kish, Survey Sampling, 1965, over batches).
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BATCHES = 25
_SMALLEST_BATCH = 4
# More dependence than this is not corrected, it is reported (performance research, section 1.4).
LARGEST_DESIGN_EFFECT = 30.0
_PRECISION = 1e-12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exceedance:
    """What samples say about ``quantile <= limit``.

    ``outcome`` is ``passed``, ``failed`` or ``undecided`` (measure more). Of ``n`` samples ``k``
    exceed the limit; ``design_effect`` samples count as one, which leaves ``n_eff``. The true
    share of exceedances is above ``lower`` and below ``upper``, each with confidence
    ``1 - alpha``; ``allowed`` is the share that the limit allows. ``quantile_s`` is the measured
    quantile and ``interval_s`` its confidence interval (order statistics, infinite where the
    samples are too few).
    """

    outcome: str
    n: int
    k: int
    n_eff: float
    design_effect: float
    lower: float
    upper: float
    allowed: float
    quantile_s: float
    interval_s: tuple[float, float]


def exceedance_verdict(
    samples_s: Sequence[float], *, limit_s: float, quantile: float = 0.95, alpha: float = 0.025
) -> Exceedance:
    """Whether the quantile of response times lies within the limit.

    Args:
        samples_s: in the order in which they were taken, in seconds; a request without an
            answer counts as ``math.inf``.
        limit_s: the limit T, in seconds.
        quantile: 0.95 means "19 of 20 requests".
        alpha: the error of each side: how often a run may pass, or fail, wrongly.
    Raises: ValueError if there are no samples: an unmeasured limit is not a met limit.
    """
    exceeds = [sample > limit_s for sample in samples_s]
    n, k = len(exceeds), sum(exceeds)
    if not n:
        raise ValueError("no samples: an unmeasured limit is not a met limit")
    effect = design_effect(exceeds)
    n_eff = n / effect
    lower, upper = clopper_pearson(k / effect, n_eff, alpha=alpha)
    return Exceedance(
        outcome=_outcome(lower, upper, allowed=1 - quantile, effect=effect),
        n=n,
        k=k,
        n_eff=n_eff,
        design_effect=effect,
        lower=lower,
        upper=upper,
        allowed=1 - quantile,
        quantile_s=percentile(samples_s, quantile),
        interval_s=quantile_interval(samples_s, quantile, alpha=2 * alpha),
    )


def _outcome(lower: float, upper: float, *, allowed: float, effect: float) -> str:
    # 1 - 0.95 is not exactly 0.05; the published limits are meant to pass at equality.
    if effect > LARGEST_DESIGN_EFFECT:
        return "undecided"
    if upper <= allowed + _PRECISION:
        return "passed"
    return "failed" if lower > allowed + _PRECISION else "undecided"


def design_effect(exceeds: Sequence[bool]) -> float:
    """How many dependent samples say as much as one independent one; at least 1.

    The variance of the share of exceedances between 25 contiguous batches of equal size, divided
    by what independence would give: ``Var(p_b) / (p (1 - p) / m)``. 1 where all samples agree or
    where there are too few of them for batches of 4.
    """
    size = len(exceeds) // _BATCHES
    share = sum(exceeds) / len(exceeds)
    if size < _SMALLEST_BATCH or not 0 < share < 1:
        return 1.0
    batches = [exceeds[start : start + size] for start in range(0, size * _BATCHES, size)]
    between = statistics.variance(sum(batch) / size for batch in batches)
    return max(1.0, between / (share * (1 - share) / size))


def clopper_pearson(k: float, n: float, *, alpha: float) -> tuple[float, float]:
    """One-sided bounds of a share, each with confidence ``1 - alpha``.

    ``lower = Beta^-1(alpha; k, n - k + 1)``, ``upper = Beta^-1(1 - alpha; k + 1, n - k)``;
    ``k`` and ``n`` need not be whole numbers (effective sample sizes are not).
    """
    lower = 0.0 if k <= 0 else _solve(lambda x: incomplete_beta(k, n - k + 1, x), alpha)
    upper = 1.0 if k >= n else _solve(lambda x: incomplete_beta(k + 1, n - k, x), 1 - alpha)
    return lower, upper


def percentile(samples: Sequence[float], quantile: float) -> float:
    """The quantile of the samples, linearly interpolated (method R-7, NIST 7.2.6.2).

    Raises: ValueError if there are no samples.
    """
    if not samples:
        raise ValueError("no samples: nothing has a quantile")
    ordered = sorted(samples)
    place = (len(ordered) - 1) * quantile
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    if below == above:
        return below
    return below + (above - below) * (place - math.floor(place))


def quantile_interval(
    samples: Sequence[float], quantile: float, *, alpha: float = 0.05
) -> tuple[float, float]:
    """A confidence interval of a quantile, two-sided, without assuming a distribution.

    The order statistics of :func:`interval_ranks`; an end is infinite where n is too small.
    """
    ordered = sorted(samples)
    low, high = interval_ranks(len(ordered), quantile, alpha=alpha)
    return (
        ordered[low - 1] if low >= 1 else -math.inf,
        ordered[high - 1] if high <= len(ordered) else math.inf,
    )


def interval_ranks(n: int, quantile: float, *, alpha: float = 0.05) -> tuple[int, int]:
    """Ranks (from 1) of the order statistics that enclose a quantile with ``1 - alpha``.

    The largest l with ``B(l - 1; n, p) <= alpha / 2`` and the smallest u with
    ``B(u - 1; n, p) >= 1 - alpha / 2``, B the binomial distribution function (Hahn and Meeker,
    Statistical Intervals, 5.2). 0 or n + 1 where no order statistic serves.
    """
    low = _bisect(lambda rank: binomial_cdf(rank - 1, n, quantile) > alpha / 2, n) - 1
    high = _bisect(lambda rank: binomial_cdf(rank - 1, n, quantile) >= 1 - alpha / 2, n)
    return max(low, 0), high


def smallest_sample(quantile: float, *, alpha: float = 0.05) -> int:
    """How many independent samples it takes until even none above the limit passes.

    ``n >= ln(alpha) / ln(quantile)`` (Wilks, 1941): 59 for 0.95 at 5 %, 299 for 0.99.
    """
    return math.ceil(math.log(alpha) / math.log(quantile) - _PRECISION)


def binomial_cdf(k: int, n: int, share: float) -> float:
    """The probability of at most k hits in n trials."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else incomplete_beta(n - k, k + 1, 1 - share)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), to about 12 digits.

    By its continued fraction (Abramowitz and Stegun 26.5.8), evaluated from the side where it
    converges quickly, with the recurrence of Lentz.
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front += a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / a / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1 / (1 + d2 / (1 + …)), the denominator of the continued fraction."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 10_000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or tiny)
        c = 1 + term / c or tiny
        value *= c * d
        if abs(c * d - 1) < _PRECISION / 10:
            return value
    raise ArithmeticError(f"the incomplete beta function of {a}, {b}, {x} does not converge")


def _solve(function: Callable[[float], float], target: float) -> float:
    """Where a rising function on [0, 1] takes a value, to 12 digits, by halving."""
    low, high = 0.0, 1.0
    while high - low > _PRECISION:
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < target else (low, middle)
    return (low + high) / 2


def _bisect(holds: Callable[[int], bool], n: int) -> int:
    """The first rank of 1 to n for which a condition holds, n + 1 if for none."""
    low, high = 1, n + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
