"""``python -m refcmdb COMMAND``: everything an operator does with refcmdb."""

from __future__ import annotations

import argparse
import sys

from refcmdb.settings import Settings, SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for wrong usage or settings)."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except SettingsError as error:
        print(f"refcmdb: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refcmdb", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    openapi = commands.add_parser("openapi", help="print the OpenAPI document")
    openapi.set_defaults(run=_openapi)

    migrate = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrate.set_defaults(run=_migrate)

    seed = commands.add_parser("seed", help="fill an empty, migrated database")
    seed.add_argument("--devices", type=_count, default=1000, metavar="N")
    seed.add_argument("--seed", type=int, default=0, metavar="S")
    seed.set_defaults(run=_seed)

    tokens = commands.add_parser("tokens", help="mint API tokens and print them as JSON")
    tokens.add_argument("users", nargs="+", metavar="USER")
    tokens.set_defaults(run=_tokens)

    faults = commands.add_parser("faults", help="list the planted faults as JSON")
    faults.set_defaults(run=_faults)

    serve = commands.add_parser("serve", help="answer requests until SIGTERM")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--fault", metavar="NAME", help="plant a fault (loopback only)")
    serve.set_defaults(run=_serve)
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise argparse.ArgumentTypeError("must be from 0 to 10,000,000")
    return number


# Each command imports what it needs: `openapi` must not wait for database drivers.


def _openapi(_options: argparse.Namespace) -> int:
    from refcmdb.api import openapi  # noqa: PLC0415 - see above

    sys.stdout.write(openapi.document_json().decode() + "\n")
    return 0


def _migrate(_options: argparse.Namespace) -> int:
    from refcmdb.commands import migrate  # noqa: PLC0415 - see above

    return migrate(Settings.from_environment())


def _seed(options: argparse.Namespace) -> int:
    from refcmdb.commands import seed  # noqa: PLC0415 - see above

    return seed(Settings.from_environment(), devices=options.devices, number=options.seed)


def _tokens(options: argparse.Namespace) -> int:
    from refcmdb.commands import tokens  # noqa: PLC0415 - see above

    return tokens(Settings.from_environment(), options.users)


def _faults(_options: argparse.Namespace) -> int:
    from refcmdb.commands import faults  # noqa: PLC0415 - see above

    return faults()


def _serve(options: argparse.Namespace) -> int:
    from refcmdb.server import serve  # noqa: PLC0415 - see above

    settings = Settings.from_environment()
    return serve(settings, host=options.host, port=options.port, fault=options.fault)


if __name__ == "__main__":
    sys.exit(main())
