"""``monitoring``: print the rules for Prometheus, the route for Alertmanager, the dashboard."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import yaml

from refcmdb import variables
from refcmdb.monitoring import prometheus
from refcmdb.monitoring.alerting import Alerting

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """``rules``, ``alertmanager`` (both YAML) or ``dashboard`` (JSON). Raises: SettingsError."""
    settings = variables.read(Alerting, os.environ)
    if options.file == "dashboard":
        text = json.dumps(prometheus.dashboard(), indent=2) + "\n"
    elif options.file == "rules":
        text = _yaml(prometheus.rule_file(settings.rules))
    else:
        text = _yaml(prometheus.route_file(settings))
    sys.stdout.write(text)
    return 0


def _yaml(content: prometheus.Json) -> str:
    text: str = yaml.safe_dump(content, sort_keys=False, width=1000)
    return text
