"""Payloads that are to be evaluated show by themselves nothing that only evaluation shows."""

import jinja2
import pytest

from pytest_cmdbguard.probes import sink_payloads
from pytest_cmdbguard.probes.sink_payloads import TEMPLATES

SUMS = [family for table in TEMPLATES.values() for family, text in table.items() if "{x}" in text]


def probe_of(name):
    probes = sink_payloads.of_table(TEMPLATES, "full", tripwire="tripwire")
    return next(probe for probe in probes if probe.family == name)


@pytest.mark.parametrize("name", SUMS)
def test_a_target_that_repeats_a_sum_does_not_show_its_result(name):
    probe = probe_of(name)
    assert probe.expected.isdigit()
    assert probe.expected not in probe.text


@pytest.mark.parametrize("name", ["arithmetic", "statement"])
def test_jinja_shows_it(name):
    probe = probe_of(name)
    assert probe.expected in jinja2.Template(probe.text).render()


def test_only_sums_have_a_result():
    probes = sink_payloads.of_table(TEMPLATES, "full", tripwire="tripwire")
    assert {probe.family for probe in probes if probe.expected} == set(SUMS)
