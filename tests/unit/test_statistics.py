from __future__ import annotations

import math
import random

import pytest

from pytest_cmdbguard.statistics import (
    binomial_cdf,
    clopper_pearson,
    design_effect,
    exceedance_verdict,
    incomplete_beta,
    interval_ranks,
    percentile,
    smallest_sample,
)


@pytest.mark.parametrize(
    ("a", "b", "x", "value"),
    [
        (0.5, 0.5, 0.5, 0.5),
        (1, 1, 0.3, 0.3),
        (2, 3, 0.4, 0.5248),  # the sum over binomial terms, exact
        (5, 1, 0.9, 0.9**5),
        (1, 200, 0.01, 1 - 0.99**200),
        (500.5, 9500.5, 0.05, 0.495),  # near its median
    ],
)
def test_incomplete_beta_agrees_with_closed_forms(a, b, x, value):
    assert incomplete_beta(a, b, x) == pytest.approx(value, abs=0.02 if a == 500.5 else 1e-12)


def test_binomial_distribution_agrees_with_its_sum():
    exact = sum(math.comb(20, i) * 0.3**i * 0.7 ** (20 - i) for i in range(8))
    assert binomial_cdf(7, 20, 0.3) == pytest.approx(exact, abs=1e-12)


def test_smallest_samples_are_those_of_wilks():
    found = [smallest_sample(q) for q in (0.5, 0.9, 0.95, 0.99, 0.999)]
    assert found == [5, 29, 59, 299, 2995]


@pytest.mark.parametrize(
    ("n", "quantile", "ranks"),
    [
        (100, 0.95, (90, 100)),
        (200, 0.95, (184, 197)),
        (1000, 0.95, (936, 964)),
        (10000, 0.95, (9457, 9543)),
        (1000, 0.99, (983, 997)),
    ],
)
def test_ranks_of_the_quantile_interval_are_the_published_ones(n, quantile, ranks):
    assert interval_ranks(n, quantile) == ranks


@pytest.mark.parametrize(
    ("n", "quantile", "accepts", "refuses"),
    [
        (59, 0.95, 0, 7),
        (200, 0.95, 4, 16),
        (1000, 0.95, 38, 63),
        (5000, 0.95, 224, 277),
        (299, 0.99, 0, 7),
        (1000, 0.99, 4, 16),
    ],
)
def test_acceptance_numbers_are_the_published_ones(n, quantile, accepts, refuses):
    def outcome(exceedances):
        # Spread evenly, so that nothing looks dependent.
        slow = {round(i * n / max(1, exceedances)) for i in range(exceedances)}
        samples = [2.0 if i in slow else 1.0 for i in range(n)]
        return exceedance_verdict(samples, limit_s=1.5, quantile=quantile, alpha=0.05).outcome

    assert [outcome(accepts), outcome(accepts + 1)] == ["passed", "undecided"]
    assert [outcome(refuses - 1), outcome(refuses)] == ["undecided", "failed"]


def test_bounds_of_no_and_of_only_exceedances():
    assert clopper_pearson(0, 10, alpha=0.05) == (0.0, pytest.approx(1 - 0.05**0.1))
    assert clopper_pearson(10, 10, alpha=0.05) == (pytest.approx(0.05**0.1), 1.0)


def test_percentile_is_method_r7():
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([1, 2, 3, 4, 5], 0.95) == pytest.approx(4.8)
    assert percentile([1.0, math.inf], 1) == math.inf


def test_an_unmeasured_limit_is_not_met():
    with pytest.raises(ValueError, match="unmeasured"):
        exceedance_verdict([], limit_s=1)


def test_samples_in_runs_count_less_than_independent_ones():
    rng = random.Random(1)
    runs = [slow for _ in range(250) for slow in [rng.random() < 0.05] * 20]
    mixed = [i % 20 == 0 for i in range(5000)]
    assert design_effect(runs) > 5
    assert design_effect(mixed) == 1


def test_a_burst_that_is_too_dependent_to_correct_is_undecided():
    samples = [1.0] * 3800 + [3.0] * 200
    verdict = exceedance_verdict(samples, limit_s=2)
    assert (verdict.outcome, verdict.design_effect > 30) == ("undecided", True)


def test_too_few_samples_leave_the_interval_open():
    verdict = exceedance_verdict([1.0] * 10, limit_s=2)
    assert verdict.outcome == "undecided"
    assert verdict.interval_s == (1.0, math.inf)


def test_no_answer_at_all_is_an_exceedance():
    verdict = exceedance_verdict([math.inf] * 100, limit_s=2)
    assert (verdict.outcome, verdict.k, verdict.quantile_s) == ("failed", 100, math.inf)


def _queue(rng, n, load):
    """Response times of one server that requests queue for (M/M/1): each depends on the last."""
    wait, times = 0.0, []
    for _ in range(n):
        service = rng.expovariate(1)
        times.append(wait + service)
        wait = max(0.0, wait + service - rng.expovariate(load))
    return times


@pytest.mark.parametrize(("ratio", "outcome"), [(0.4, "passed"), (2.0, "failed")])
def test_dependent_times_are_judged_rightly_most_of_the_time(ratio, outcome):
    rng, load = random.Random(7), 0.5
    # In M/M/1 the response time is exponential with rate 1 - load: the limit that a share of
    # 5 % times the ratio exceeds is known.
    limit = -math.log(0.05 * ratio) / (1 - load)
    outcomes = [
        exceedance_verdict(_queue(rng, 6000, load), limit_s=limit).outcome for _ in range(40)
    ]
    wrong = {"passed": "failed", "failed": "passed"}[outcome]
    assert outcomes.count(outcome) >= 34
    assert wrong not in outcomes


def test_at_the_limit_itself_a_run_seldom_passes_or_fails():
    rng = random.Random(11)
    outcomes = [
        exceedance_verdict([rng.random() for _ in range(1000)], limit_s=0.95).outcome
        for _ in range(200)
    ]
    assert outcomes.count("passed") <= 12
    assert outcomes.count("failed") <= 12
