"""The command line. Every command imports its own work, so that --help answers at once."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cotfactory import interrupts
from cotfactory.errors import EXIT_FAILED, CotfactoryError, UsageError

if TYPE_CHECKING:
    from cotfactory.generate.limits import Limits

app = typer.Typer(
    help="Makes verified chain-of-thought datasets: generate, filter, publish.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
recipes_app = typer.Typer(help="The shipped recipes.", no_args_is_help=True)
app.add_typer(recipes_app, name="recipes")

OUTPUTS = Path("outputs")
RESUMABLE = {"run", "generate", "filter", "publish", "ingest", "merge"}


class Format(StrEnum):
    """How `query` prints rows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


RecipeArgument = Annotated[str, typer.Argument(help="A shipped recipe's name or a YAML file.")]
RunArgument = Annotated[Path, typer.Argument(help="A run's folder, or its name in outputs/.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="The run's folder; default outputs/RECIPE-NAME.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Lay a.b=VALUE over the recipe; may be repeated."),
]
RuntimeOption = Annotated[
    str | None, typer.Option("--max-runtime", help="Stop in good order after e.g. 90s, 30m, 8h.")
]
ShardOption = Annotated[
    str | None, typer.Option("--shard", help="i/n: only every n-th problem, 0 ≤ i < n.")
]


@app.callback()
def options(
    context: typer.Context,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="JSON lines, even on a terminal.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only warnings and errors.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Makes verified chain-of-thought datasets: generate, filter, publish."""
    mode: Literal["quiet", "json", "auto"] = "quiet" if quiet else "json" if log_json else "auto"
    context.obj = {"mode": mode, "debug": debug}


@app.command()
def run(
    context: typer.Context,
    recipe: RecipeArgument,
    out: OutOption = None,
    set_: SetOption = None,
    max_runtime: RuntimeOption = None,
) -> None:
    """Does all of it: generates, filters, builds the splits and the publishable folder."""
    from cotfactory import pipeline, summary
    from cotfactory import recipe as recipes
    from cotfactory.display import make_display

    made = recipes.load(recipe, set_ or (), generating=True)
    target = out or OUTPUTS / made.name
    with make_display(context.obj["mode"]) as display:
        result = pipeline.run_all(target, made, display, _limits(max_runtime, None))
    summary.of_run(result, display)


@app.command()
def generate(
    context: typer.Context,
    recipe: RecipeArgument,
    out: OutOption = None,
    set_: SetOption = None,
    max_runtime: RuntimeOption = None,
    shard: ShardOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print prompts and the plan; write nothing.")
    ] = False,
    pilot: Annotated[
        str | None,
        typer.Option(help="Do a random slice (1% or a number of problems) and project the rest."),
    ] = None,
) -> None:
    """Asks the teacher until each problem has its correct traces, or its budget is spent."""
    from cotfactory import pipeline, summary
    from cotfactory import recipe as recipes
    from cotfactory.display import make_display

    limits = _limits(max_runtime, shard)
    made = recipes.load(recipe, set_ or (), generating=True)
    target = out or OUTPUTS / made.name
    with make_display(context.obj["mode"]) as display:
        if dry_run:
            pipeline.preview_run(target, made, display, limits, pilot)
        elif pilot is not None:
            pipeline.pilot_run(target, made, display, limits, pilot)
        else:
            pipeline.generate_run(target, made, display, limits)
            summary.of_generate(target, display)


@app.command(name="filter")
def filter_(
    context: typer.Context,
    run: RunArgument,
    set_: SetOption = None,
    no_splits: Annotated[
        bool, typer.Option("--no-splits", help="Decide only; build the splits another time.")
    ] = False,
) -> None:
    """Judges, measures, decides and builds the splits, each only where something is new."""
    from cotfactory import pipeline, summary
    from cotfactory import recipe as recipes
    from cotfactory.display import make_display

    path = _run_path(run)
    made = recipes.reload(path, set_) if set_ else None
    with make_display(context.obj["mode"]) as display:
        result = pipeline.filter_run(path, made, display, splits=not no_splits)
    summary.of_run(result, display)


@app.command()
def publish(
    context: typer.Context,
    run: RunArgument,
    to: Annotated[
        str | None,
        typer.Option(help="A folder, or hf://datasets/ORG/NAME; default RUN/dataset."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Make a new Hub dataset private.")
    ] = False,
    revision: Annotated[str | None, typer.Option(help="The Hub branch to commit to.")] = None,
    over: Annotated[
        str | None, typer.Option(help="The head commit of others that may be replaced.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written.")] = False,
) -> None:
    """Publishes the splits with card, manifest and checksums; a second time changes nothing."""
    from cotfactory import summary
    from cotfactory.display import make_display
    from cotfactory.publish import Options
    from cotfactory.publish import publish as publish_run
    from cotfactory.store.run import Run

    chosen = Options(dry_run=dry_run, private=private, revision=revision, over=over)
    with make_display(context.obj["mode"]) as display:
        made = publish_run(Run.read(_run_path(run)), to, chosen)
    summary.of_publish(made, display, dry_run=dry_run)


@app.command()
def ingest(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(help="JSONL, CSV or Parquet files of traces; paths or URLs.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The run's folder; made or added to.")],
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN; may be repeated.")
    ] = None,
    default: Annotated[
        list[str] | None,
        typer.Option("--default", help="FIELD=VALUE for rows that do not say; may be repeated."),
    ] = None,
    recipe: Annotated[str, typer.Option(help="The recipe of a new run.")] = "curate",
    set_: SetOption = None,
) -> None:
    """Takes in traces made elsewhere. Then: cotfactory filter RUN."""
    from cotfactory import recipe as recipes
    from cotfactory import summary
    from cotfactory.display import make_display
    from cotfactory.ingest import ingest as ingest_files
    from cotfactory.store.run import Run

    known = (out / "recipe.yaml").exists()
    made = recipes.reload(out, set_ or ()) if known else recipes.load(recipe, set_ or ())
    with make_display(context.obj["mode"]) as display, Run.open(out, made) as opened:
        result = ingest_files(
            opened, files, _pairs("--map", map_), _pairs("--default", default), display.stage
        )
    summary.of_ingest(out, result, display)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="JSONL, CSV or Parquet with pairs to compare.")],
    verifier: Annotated[str, typer.Option(help="The verifier to try.")] = "math",
    gold: Annotated[str, typer.Option(help="The column of the reference.")] = "gold",
    prediction: Annotated[
        str, typer.Option(help="The column of the answer, short or a whole response.")
    ] = "prediction",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Tries a verifier on pairs: prints a verdict for each row, and a summary."""
    from cotfactory.commands.verify import Columns, verify_file

    code = verify_file(file, verifier, Columns(gold, prediction), as_json=as_json)
    if code:
        raise typer.Exit(code)


@app.command()
def merge(
    context: typer.Context,
    runs: Annotated[list[Path], typer.Argument(help="Runs, such as the shards of a job array.")],
    out: Annotated[Path, typer.Option("--out", help="The run to put them in; made or added to.")],
) -> None:
    """Puts runs together; rows that are there already are not added again."""
    from cotfactory import merge as merging
    from cotfactory import summary
    from cotfactory.display import make_display
    from cotfactory.store.run import Run

    read = [Run.read(_run_path(run)) for run in runs]
    made = None if (out / "recipe.yaml").exists() else read[0].recipe
    with make_display(context.obj["mode"]) as display, Run.open(out, made) as opened:
        added = merging.merge(opened, read, display.stage)
    summary.of_merge(out, added, display)


@app.command()
def status(
    run: RunArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Says how a run stands, while it works or after."""
    from cotfactory.status import print_status

    print_status(_run_path(run), as_json=as_json)


@app.command()
def report(run: RunArgument) -> None:
    """Writes report.html anew and says where it is."""
    from cotfactory.report import write_report
    from cotfactory.store.run import Run

    typer.echo(write_report(Run.read(_run_path(run))))


@app.command()
def export(
    run: RunArgument,
    to: Annotated[Path, typer.Option(help="The folder to write, in place of an earlier export.")],
    form: Annotated[str, typer.Option("--format", help="trl, sharegpt, alpaca or axolotl.")],
) -> None:
    """Writes the splits as a trainer loads them: TRL, open-r1, LLaMA-Factory or Axolotl."""
    from cotfactory.exports import export as write
    from cotfactory.store.run import Run

    written = write(Run.read(_run_path(run)), form, to)
    typer.echo(written.folder)
    for table in written.tables:
        typer.echo(f"  {table.file_name}: {table.rows} rows")


@app.command()
def browse(
    run: RunArgument,
    port: Annotated[int, typer.Option(help="0 takes any that is free.")] = 0,
) -> None:
    """Serves pages to look at traces, reasons and journeys, to this machine's browser alone."""
    from cotfactory.browse import browse as serve
    from cotfactory.store.run import Run

    serve(Run.read(_run_path(run)), port, lambda url: typer.echo(f"{url}  (Ctrl-C ends it)"))


@app.command()
def query(
    run: RunArgument,
    sql: Annotated[str, typer.Argument(help="DuckDB SQL over the views in docs/queries.md.")],
    format_: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Answers SQL over the run's views; it can read nothing else and write nothing."""
    from cotfactory.query import query as run_query

    run_query(_run_path(run), sql, format_.value)


@app.command()
def why(
    run: RunArgument,
    trace_id: Annotated[str, typer.Argument(help="A trace_id, or its first characters.")],
) -> None:
    """Says why a trace was kept or rejected: its verdict, its values, the rules that fired."""
    from cotfactory.store.run import Run
    from cotfactory.why import why as explain

    typer.echo(str(explain(Run.read(_run_path(run)), trace_id)))


@app.command()
def doctor() -> None:
    """Says what this installation can do, and what is missing for the rest."""
    from cotfactory.doctor import examine

    if not examine():
        raise typer.Exit(EXIT_FAILED)


@recipes_app.command("list")
def recipes_list() -> None:
    """Names the shipped recipes."""
    from cotfactory import recipe as recipes

    for name in recipes.names():
        typer.echo(f"{name:<20} {recipes.description(name)}")


@recipes_app.command("show")
def recipes_show(
    recipe: RecipeArgument,
    resolved: Annotated[bool, typer.Option("--resolved", help="Write every default out.")] = False,
    set_: SetOption = None,
) -> None:
    """Prints a shipped recipe, to be saved and changed."""
    from cotfactory import recipe as recipes

    typer.echo(recipes.dump(recipes.load(recipe, set_ or ())) if resolved else recipes.text(recipe))


@recipes_app.command("schema")
def recipes_schema() -> None:
    """Prints the JSON Schema of recipes, for editors."""
    from cotfactory import recipe as recipes

    typer.echo(recipes.json_schema())


def main() -> None:
    """Runs the command line; errors that people can mend are one line and an exit code."""
    try:
        with interrupts.ending(resumable=_command() in RESUMABLE):
            app(standalone_mode=True)
    except CotfactoryError as error:
        if "--debug" in sys.argv:
            raise
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)


def _command() -> str:
    """The command that was typed; options before it take no values."""
    return next((word for word in sys.argv[1:] if not word.startswith("-")), "")


def _run_path(run: Path) -> Path:
    named = OUTPUTS / run
    return named if not run.exists() and len(run.parts) == 1 and named.exists() else run


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given or ()]
    for field, equals, value in pairs:
        if not (field and equals and value):
            raise UsageError(f"{option} {field}{equals}{value}: write it as FIELD=NAME")
    return {field: value for field, _, value in pairs}


def _limits(max_runtime: str | None, shard: str | None) -> "Limits":
    from cotfactory.generate.limits import Limits, parse_duration, parse_shard

    return Limits(
        max_runtime_s=None if max_runtime is None else parse_duration(max_runtime),
        shard=(0, 1) if shard is None else parse_shard(shard),
    )
