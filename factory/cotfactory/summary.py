"""What a command says at its end: what it made, what was left out and why, what to type next."""

from collections.abc import Mapping
from pathlib import Path

from cotfactory.display import Display
from cotfactory.ingest import IngestSummary
from cotfactory.pipeline import Made
from cotfactory.publish import CommitPlan, PublishSummary
from cotfactory.store.run import Run


def of_run(made: Made, display: Display) -> None:
    """Says what `run` or `filter` made."""
    lines = [
        f"\n{made.run}: {made.kept} of {made.traces} traces kept",
        *(f"  {split:<10}{rows:>8} rows" for split, rows in (made.rows or {}).items()),
    ]
    why = [step for step in made.funnel if step.first]
    if why:
        lines.append("Why the others were not kept (the first rule that fired):")
        lines += [f"  {step.first:>8}  {step.rule}: {step.because}" for step in why]
    lines += ["Next:", f"  open {made.run / 'report.html'}", *_after(made)]
    display.say(
        "done",
        "\n".join(lines),
        run=made.run,
        traces=made.traces,
        kept=made.kept,
        splits=made.rows,
        rejected_by={step.rule: step.first for step in why},
    )


def _after(made: Made) -> list[str]:
    if made.rows is None:
        return [f"  cotfactory filter {made.run}    (builds the splits)"]
    return [
        f'  cotfactory query {made.run} "from splits"',
        f"  cotfactory publish {made.run} --to hf://datasets/ORG/NAME",
    ]


def of_generate(path: Path, display: Display) -> None:
    """Says what `generate` left in the run."""
    run = Run.read(path)
    facts = run.manifest.get("generate", {}).get("session", {})
    text = (
        f"\n{path}: {run.rows('problems')} problems, {run.rows('traces')} traces; this session: "
        f"{facts.get('completions')} samples, {facts.get('accepted')} accepted, "
        f"{facts.get('errors')} errors\nNext:\n  cotfactory filter {path}"
    )
    display.say("done", text, run=path, traces=run.rows("traces"), **facts)


def of_publish(made: PublishSummary, display: Display, *, dry_run: bool) -> None:
    """Says what `publish` wrote, or would."""
    rows = {f"{c}/{p}": n for c, parts in made.rows.items() for p, n in parts.items() if n}
    what = "would hold" if dry_run else "holds" if made.changed else "held already"
    lines = [
        f"{made.target} {what} {len(made.files)} files, {made.bytes / 1e6:.1f} MB:",
        *(f"  {name:<20}{count:>8} rows" for name, count in rows.items()),
        f"manifest sha256 {made.manifest_sha256}"
        + (f", commit {made.commit}" if made.commit else ""),
        *(_plan(made.plan) if made.plan else ()),
    ]
    display.say(
        "done",
        "\n".join(lines),
        target=made.target,
        changed=made.changed and not dry_run,
        rows=rows,
        files=made.files,
        manifest_sha256=made.manifest_sha256,
        commit=made.commit,
    )


def _plan(plan: CommitPlan) -> list[str]:
    """The commit that a dry run would make."""
    return [
        f"one commit on {plan.parent or 'a new repository'}:",
        *(f"  {line}" for line in plan.message.splitlines()),
        *(f"  add     {name}" for name in plan.added),
        *(f"  delete  {name}" for name in plan.deleted),
    ]


def of_ingest(path: Path, made: IngestSummary, display: Display) -> None:
    """Says what `ingest` took in."""
    lines = [
        f"\n{path}: {made.added} traces added, {made.known} were there",
        f"  {made.skipped_rows} rows skipped",
        *(f"  {fault}" for fault in made.faults[:10]),
        f"  layouts: {', '.join(f'{name} {n}' for name, n in made.layouts.most_common())}",
        f"Next:\n  cotfactory filter {path}",
    ]
    display.say("done", "\n".join(lines), run=path, **vars(made))


def of_merge(path: Path, added: Mapping[str, int], display: Display) -> None:
    """Says what `merge` added."""
    counts = ", ".join(f"{n} {table}" for table, n in added.items())
    display.say("done", f"\n{path}: added {counts}\nNext:\n  cotfactory filter {path}", **added)
