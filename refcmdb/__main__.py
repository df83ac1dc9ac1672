"""``python -m refcmdb COMMAND``: everything an operator does with refcmdb."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from refcmdb.settings import SettingsError

# argparse has no public name for what add_subparsers() returns.
type Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001
MOST_DEVICES = 10_000_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for wrong usage or settings)."""
    options = _parser().parse_args(arguments)
    # Imported late: `openapi` must not wait for database drivers.
    command = importlib.import_module(f"refcmdb.commands.{options.command}")
    try:
        status: int = command.run(options)
    except SettingsError as error:
        sys.stderr.write(f"refcmdb: {error}\n")
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refcmdb", description="A Network CMDB.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    commands.add_parser("openapi", help="print the OpenAPI document")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    commands.add_parser("faults", help="list the planted faults as JSON")

    seed = commands.add_parser("seed", help="fill an empty, migrated database")
    seed.add_argument("--devices", type=_device_count, default=1000, metavar="N")
    seed.add_argument("--seed", type=int, default=0, metavar="S")

    tokens = commands.add_parser("tokens", help="mint API tokens and print them as JSON")
    tokens.add_argument("users", nargs="+", metavar="USER")
    tokens.add_argument("--passwords", action="store_true", help="and give them new passwords")

    passwords = commands.add_parser("passwords", help="give users new passwords and print them")
    passwords.add_argument("users", nargs="+", metavar="USER")

    revoke = commands.add_parser("revoke", help="end all tokens and sessions of users")
    revoke.add_argument("users", nargs="+", metavar="USER")

    users = commands.add_parser("users", help="add users with new passwords and print them")
    users.add_argument("users", nargs="+", metavar="USER")
    users.add_argument("--role", choices=("viewer", "operator", "admin"), default="viewer")
    users.add_argument("--tenant", help="whose; administrators belong to none")
    _let_constrain(users)

    constrain = commands.add_parser("constrain", help="let viewers and operators see less, or all")
    constrain.add_argument("users", nargs="+", metavar="USER")
    held = constrain.add_mutually_exclusive_group(required=True)
    _let_constrain(held)
    held.add_argument("--all", action="store_true", help="all of their tenant again")

    keys = commands.add_parser("keys", help="keys that seal secrets: new, status, rotate")
    keys.add_argument("action", choices=("new", "status", "rotate"))

    monitoring = commands.add_parser(
        "monitoring", help="print rules for Prometheus, a route for Alertmanager, a dashboard"
    )
    monitoring.add_argument("file", choices=("rules", "alertmanager", "dashboard"))

    _add_backups(commands)

    optimize = commands.add_parser("optimize", help="report on indexes, slow statements, bloat")
    slower = "report statements that take longer on average"
    optimize.add_argument("--slower-than", type=_count, default=10, metavar="MS", help=slower)

    serve = commands.add_parser("serve", help="answer requests until SIGTERM")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=8000)
    _let_plant(serve)

    demo = commands.add_parser("demo", help="start everything, to be looked at and thrown away")
    demo.add_argument("--devices", type=_device_count, default=2000, metavar="N")
    demo.add_argument("--port", type=_port, default=8000)

    _add_balance(commands)
    return parser


def _let_constrain(group: argparse._ActionsContainer) -> None:
    told = "hold to objects with these values, such as sites.id=1,2; several must all hold"
    group.add_argument("--only", action="append", metavar="RESOURCE.FIELD=VALUE,VALUE", help=told)


def _let_plant(server: argparse.ArgumentParser) -> None:
    server.add_argument("--fault", metavar="NAME", help="plant a fault (loopback only)")
    told = "with --fault in a container: its ports are published on 127.0.0.1 only"
    server.add_argument("--published-on-loopback", action="store_true", help=told)


def _add_balance(commands: Commands) -> None:
    balance = commands.add_parser("balance", help="end TLS in front of instances")
    balance.add_argument("--host", default="127.0.0.1")
    balance.add_argument("--https-port", type=_port, default=8443)
    balance.add_argument("--http-port", type=_port, default=8080)
    balance.add_argument("--certificate", type=Path, required=True, metavar="FILE")
    balance.add_argument("--key", type=Path, required=True, metavar="FILE")
    balance.add_argument("--upstream", action="append", required=True, metavar="HOST:PORT")
    _let_plant(balance)
    programs = ("caddy", "haproxy", "nginx")
    balance.add_argument("--program", choices=programs, default="caddy")
    balance.add_argument("--print", action="store_true", help="only its configuration")


def _add_backups(commands: Commands) -> None:
    backup = commands.add_parser("backup", help="take a sealed backup; list or verify backups")
    actions = ("full", "incremental", "list", "verify")
    backup.add_argument("action", nargs="?", choices=actions, default="full")
    restore = commands.add_parser("restore", help="make a new cluster from a backup")
    restore.add_argument("--into", type=Path, required=True, metavar="DIRECTORY")
    drill = commands.add_parser("drill", help="restore a backup, start it, compare, throw away")
    for command in (backup, restore, drill):
        command.add_argument("--backup", metavar="ID", help="another one than the newest")


def _count(text: str) -> int:
    return _number(text, highest=10**8)


def _device_count(text: str) -> int:
    return _number(text, highest=MOST_DEVICES)


def _port(text: str) -> int:
    return _number(text, highest=65535)


def _number(text: str, *, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= highest):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {highest}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
