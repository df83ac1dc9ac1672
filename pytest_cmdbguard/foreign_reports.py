"""Reports of other scanners, read as alerts that this run answers.

Read are ZAP's traditional JSON, SARIF 2.1.0 of any tool, and Wapiti's JSON. ``[reports]`` of
``cmdbguard.toml`` names the files: ``imports = ["last-night.json"]``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from . import baseline
from .answers import Alert
from .errors import SettingsError
from .settings import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from .settings import Settings

KEYS = ("baseline", "imports")
ZAP_RISKS = ("informational", "low", "medium", "high")
WAPITI_RISKS = ("informational", "low", "medium", "high", "critical")
SARIF_RISKS = {"error": "high", "warning": "medium", "note": "low", "none": "informational"}
# Wapiti names categories and no numbers.
WAPITI_CWES = {
    "Blind SQL Injection": 89,
    "CRLF Injection": 93,
    "Command execution": 78,
    "Cross Site Request Forgery": 352,
    "HTTP Response Splitting": 113,
    "LDAP Injection": 90,
    "Open Redirect": 601,
    "Path Traversal": 22,
    "Reflected Cross Site Scripting": 79,
    "SQL Injection": 89,
    "Server Side Request Forgery": 918,
    "Stored Cross Site Scripting": 79,
    "Unrestricted File Upload": 434,
    "XML External Entity": 611,
}
_CWE = re.compile(r"\bcwe[-_/ ]?0*(\d+)\b", re.IGNORECASE)


def baseline_path(settings: Settings) -> Path:
    """Where the baseline is. Raises: SettingsError."""
    told = _table(settings).get("baseline", baseline.FILE)
    if not isinstance(told, str) or not told:
        raise SettingsError("reports.baseline", told, source=FILE, remedy="name a file")
    return settings.rootpath / told


def read(settings: Settings) -> tuple[Alert, ...]:
    """Every alert of the reports that the settings name. Raises: SettingsError."""
    names = _table(settings).get("imports", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        remedy = 'list files: imports = ["last-night.json"]'
        raise SettingsError("reports.imports", names, source=FILE, remedy=remedy)
    return tuple(alert for name in names for alert in alerts(settings.rootpath / name))


def alerts(path: Path) -> list[Alert]:
    """The alerts of one report. Raises: SettingsError naming the file and what is wrong."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        return list(_reader(content)(content, path.name))
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"it cannot be read ({error})") from None
    except json.JSONDecodeError as error:
        raise _wrong(path, f"it is not JSON ({error})") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise _wrong(path, f"it is not as such reports are ({error!r})") from None


def zap_alerts(content: Mapping[str, Any], name: str) -> Iterator[Alert]:
    """Of a report in ZAP's templates ``traditional-json`` and ``traditional-json-plus``."""
    version = content.get("@version", "")
    for site in content["site"]:
        for alert in site["alerts"]:
            for instance in alert["instances"]:
                yield Alert(
                    source=f"{name} (ZAP {version})".replace(" )", ")"),
                    name=str(alert.get("alert") or alert["name"]),
                    risk=ZAP_RISKS[int(alert["riskcode"])],
                    cwe=max(0, int(alert.get("cweid") or 0)),
                    method=str(instance.get("method") or "GET"),
                    url=str(instance["uri"]),
                    parameter=str(instance.get("param") or ""),
                )


def sarif_alerts(content: Mapping[str, Any], name: str) -> Iterator[Alert]:
    """Of a SARIF 2.1.0 log: results that name a URL or a path."""
    for run in content["runs"]:
        driver = run["tool"]["driver"]
        rules = {rule["id"]: rule for rule in driver.get("rules", [])}
        for result in run.get("results") or []:
            rule = rules.get(result.get("ruleId"), {})
            for url in _uris(result):
                yield _sarif_alert(result, rule, url, source=f"{name} ({driver['name']})")


def wapiti_alerts(content: Mapping[str, Any], name: str) -> Iterator[Alert]:
    """Of a report in Wapiti's JSON."""
    for category, found in content["vulnerabilities"].items():
        for one in found:
            yield Alert(
                source=f"{name} (Wapiti)",
                name=str(category),
                risk=WAPITI_RISKS[int(one.get("level") or 0)],
                cwe=WAPITI_CWES.get(category, 0),
                method=str(one["method"]),
                url=str(one["path"]),
                parameter=str(one.get("parameter") or ""),
            )


def _reader(content: object) -> Callable[[Any, str], Iterable[Alert]]:
    if isinstance(content, dict):
        for key, reader in (
            ("runs", sarif_alerts),
            ("site", zap_alerts),
            ("vulnerabilities", wapiti_alerts),
        ):
            if key in content:
                return reader
    raise ValueError("neither ZAP's traditional JSON, nor SARIF, nor Wapiti's JSON")


def _sarif_alert(
    result: Mapping[str, Any], rule: Mapping[str, Any], url: str, *, source: str
) -> Alert:
    web = result.get("webRequest") or {}
    properties = result.get("properties") or {}
    told = properties.get("parameter") or properties.get("param")
    text = rule.get("name") or (rule.get("shortDescription") or {}).get("text")
    return Alert(
        source=source,
        name=str(text or result.get("ruleId") or "unnamed"),
        risk=_sarif_risk(result, rule),
        cwe=_sarif_cwe(result, rule),
        method=str(properties.get("method") or web.get("method") or "GET"),
        url=url,
        parameter=str(told or _attacked(url, result)),
    )


def _uris(result: Mapping[str, Any]) -> list[str]:
    """Where a result is; ``webRequest`` knows it when no location does."""
    places = [
        location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri")
        for location in result.get("locations") or []
    ]
    target = (result.get("webRequest") or {}).get("target")
    return list(dict.fromkeys(filter(None, places))) or [target or ""]


def _sarif_risk(result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    score = (rule.get("properties") or {}).get("security-severity")
    if score is not None:
        bounds = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
        return next((risk for bound, risk in bounds if float(score) >= bound), "informational")
    default = (rule.get("defaultConfiguration") or {}).get("level", "warning")
    return SARIF_RISKS[result.get("level") or default]


def _sarif_cwe(result: Mapping[str, Any], rule: Mapping[str, Any]) -> int:
    """From the taxa of the result, the relationships of its rule, or the rule's tags."""
    targets = [relation["target"] for relation in rule.get("relationships") or []]
    for taxon in [*(result.get("taxa") or []), *targets]:
        if (taxon.get("toolComponent") or {}).get("name", "").upper() == "CWE":
            return int(re.sub(r"\D", "", str(taxon["id"])))
    tags = (rule.get("properties") or {}).get("tags") or []
    found = _CWE.search(" ".join(map(str, [*tags, rule.get("id", "")])))
    return int(found[1]) if found else 0


def _attacked(url: str, result: Mapping[str, Any]) -> str:
    """The query parameter that carries the attack which a location of ZAP's SARIF has."""
    attacks = [
        (location.get("properties") or {}).get("attack")
        for location in result.get("locations") or []
    ]
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return next((name for name, value in pairs if value and value in attacks), "")


def _table(settings: Settings) -> Mapping[str, Any]:
    table = settings.table("reports")
    if unknown := set(table) - {*KEYS}:
        key = min(unknown)
        remedy = f"known keys are {', '.join(KEYS)}"
        raise SettingsError(f"reports.{key}", table[key], source=FILE, remedy=remedy)
    return table


def _wrong(path: Path, remedy: str) -> SettingsError:
    return SettingsError("reports.imports", path.name, source=FILE, remedy=remedy)
