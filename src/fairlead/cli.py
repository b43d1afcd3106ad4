"""The `fairlead` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact import command as impact
from fairlead.site import doctor, importing, instruments, launch, lists, lotteries, postgres, rosters, standards
from fairlead.site.folder import data_folder
from fairlead.site.keeping import commands as keeping
from fairlead.site.postgres import embedded
from fairlead.site.prepare import manage, prepare, version_of
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors that a person can act on are printed without a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["manage"]:  # everything after it belongs to Django
        return _manage(given[1:])
    if given[:1] == ["impact"]:  # the engine stands alone
        return impact.main(given[1:], say)
    chosen = _parser().parse_args(given)
    work: Callable[[argparse.Namespace], int] = chosen.work
    try:
        return work(chosen)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fairlead", description="The working system for people who help schools.")
    parser.add_argument("--version", action="version", version=f"fairlead {version_of('fairlead')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, work: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(work=work)
        return command

    add("run", lambda _: launch.run(), "database, schema, demo, worker and web server; Ctrl-C stops them")
    add("migrate", _migrate, "bring the database to this version, and build the demo on an empty one")
    demo = add("demo", _demo, "the invented network")
    demo.add_argument("action", choices=["build", "reset"], help="reset throws the whole database away first")
    demo.add_argument("--yes", action="store_true", help="do not ask before throwing the database away")
    psql = add("psql", _psql, "a psql session in the database")
    psql.add_argument("--login", choices=["owner", "worker", "app"], default="owner")
    psql.add_argument("rest", nargs="*", help="more arguments for psql, after --")
    add("doctor", lambda _: doctor.report(), "what this installation is made of, and what is wrong with it")
    server = add("postgres", _postgres, "the embedded PostgreSQL")
    server.add_argument("action", choices=["start", "stop", "status"])
    _add_imports(add("import", lambda _: 2, "bring outside files in"))
    _add_exports(add("export", lambda _: 2, "take the roster out"))
    instruments.add_to(
        add("instrument", lambda _: 2, "rubrics, surveys, assessments: list them, bring one in, take one out")
    )
    standards.add_to(add("standards", lambda _: 2, "frameworks of standards: list them, bring one in"))
    lotteries.add_to(add("lottery", lambda _: 2, "a lottery's record: draw it again and say whether it holds"))
    keeping.add_to(add)
    add("impact", lambda _: 2, "the impact engine: plans, models, matching, verdicts, reports")
    add("manage", lambda _: 2, "a Django command, as the owner of the schema")
    return parser


def _add_imports(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    text = "a city's published school-days: date, dbn, attendance_pct, not_submitted (Parquet or CSV)"
    days = kinds.add_parser("school-days", help=text, description=text)
    days.set_defaults(work=_import_school_days)
    days.add_argument("file", type=Path)
    days.add_argument("--name", default=importing.NEW_YORK, help="the city (default: %(default)s)")
    days.add_argument("--source", default=importing.SOURCE, help="who published it")
    days.add_argument("--for", dest="organization", default="", help="sourced id of the network that loads it")
    days.add_argument("--schools", type=Path, help="CSV of dbn and school_name (default: the one beside the file)")
    days.add_argument("--citywide", type=Path, help="CSV of the city's own daily totals (default: beside the file)")
    text = "a roster: OneRoster, School Data Sync, Ed-Fi, or the template; shows what would change, then asks"
    roster = kinds.add_parser("roster", help=text, description=text)
    roster.set_defaults(work=rosters.import_roster)
    rosters.add_import(roster)
    text = "an empty workbook for schools that have no system to export from"
    lists.add_template(kinds.add_parser("template", help=text, description=text))
    text = "which column of a list is which, as far as the headers tell; a file to edit for --mapping"
    lists.add_mapping(kinds.add_parser("mapping", help=text, description=text))
    text = "which sections another system says were taken on which day (Ed-Fi SectionAttendanceTakenEvent)"
    taken = kinds.add_parser("taken-events", help=text, description=text)
    taken.set_defaults(work=lambda chosen: importing.taken_events(chosen.file))
    taken.add_argument("file", type=Path, help="a zip, a folder or a file")
    text = "one measure of a city's schools, checked before a value is kept (CSV or Parquet, one row a school)"
    measures = kinds.add_parser("measures", help=text, description=text)
    measures.set_defaults(work=_import_measures)
    measures.add_argument("file", type=Path)
    measures.add_argument("--measure", required=True, help="what the field is said to be, such as chronic_absence")
    measures.add_argument("--column", default="", help="the field (default: the one of that name)")
    measures.add_argument("--key", default="dbn", help="the column of the school's code (default: %(default)s)")
    measures.add_argument("--source", default="", help="who published it")
    measures.add_argument("--for", dest="organization", default="", help="sourced id of the network that loads it")


def _import_measures(chosen: argparse.Namespace) -> int:
    return importing.measures(
        chosen.file,
        said=chosen.measure,
        column=chosen.column,
        key=chosen.key,
        source=chosen.source,
        organization=chosen.organization,
    )


def _add_exports(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    text = "the roster as OneRoster 1.2 CSV, in a zip"
    roster = kinds.add_parser("roster", help=text, description=text)
    roster.set_defaults(work=rosters.export_roster)
    rosters.add_export(roster)


def _import_school_days(chosen: argparse.Namespace) -> int:
    return importing.school_days(
        chosen.file,
        name=chosen.name,
        source=chosen.source,
        organization=chosen.organization,
        schools=chosen.schools,
        totals=chosen.citywide,
    )


def _migrate(_: argparse.Namespace) -> int:
    postgres.ensure_running()
    prepare()
    return 0


def _demo(chosen: argparse.Namespace) -> int:
    postgres.ensure_running()
    if chosen.action == "reset":
        _refuse_reset(chosen.yes)
        embedded.drop_database()
    prepare()
    return 0


def _refuse_reset(sure: bool) -> None:
    if not postgres.is_embedded():
        raise Refusal(
            "The database of DATABASE_URL is not emptied by this command.",
            allowed="the embedded PostgreSQL",
            got="DATABASE_URL is set",
            where="the environment",
            then="drop and create that database by hand, then `fairlead migrate`",
        )
    if address := launch.running_address():
        raise Refusal(
            "Fairlead is running on this database.",
            allowed="a database that nobody uses",
            got=address,
            where=str(data_folder()),
            then="stop it (Ctrl-C) and run this again",
        )
    if not sure and input("Throw the whole database away and build the demo anew? [y/N] ").lower() not in {
        "y",
        "yes",
    }:
        raise SystemExit(1)


def _psql(chosen: argparse.Namespace) -> int:
    entry = postgres.connection(chosen.login)
    names = {
        "HOST": "PGHOST",
        "PORT": "PGPORT",
        "NAME": "PGDATABASE",
        "USER": "PGUSER",
        "PASSWORD": "PGPASSWORD",
    }
    environment = os.environ | {variable: entry[key] for key, variable in names.items() if entry.get(key)}
    psql = str(embedded.programs() / "psql")
    os.execve(psql, [psql, *chosen.rest], environment)  # noqa: S606


def _postgres(chosen: argparse.Namespace) -> int:
    if chosen.action == "start":
        postgres.ensure_running()
    elif chosen.action == "stop":
        say("stopped" if postgres.stop() else "there was nothing to stop")
    print(postgres.status())
    return 0


def _manage(arguments: list[str]) -> int:
    try:
        postgres.ensure_running()
        manage(*(arguments or ["help"]), output=sys.stdout)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
