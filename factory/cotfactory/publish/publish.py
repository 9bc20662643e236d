"""`cotfactory publish`: from a run's splits to a dataset that people load."""

from pathlib import Path

from cotfactory.publish import dataset
from cotfactory.publish.dataset import Built
from cotfactory.publish.terms import CommitPlan, Options, PublishSummary
from cotfactory.store.run import Run

FOLDER = "dataset"


def publish(
    run: Run, to: str | Path | None = None, options: Options | None = None
) -> PublishSummary:
    """Publishes the splits of a run to a folder, by default `dataset` in the run itself.

    `to` may be hf://datasets/ORG/NAME. The same run published twice changes nothing.

    Raises:
        UsageError: the target is none, or a folder that holds something else.
        CotfactoryError: there is no row to publish, or the Hub refuses.
    """
    chosen = options or Options()
    if isinstance(to, str) and "://" in to:
        return _to_hub(run, to, chosen)
    target = Path(to) if to is not None else run.path / FOLDER
    with dataset.built(run, location=target.name) as ready:
        changed = chosen.dry_run or dataset.place(run, ready, target)
        return _summary(ready, str(target), changed=changed)


def _to_hub(run: Run, to: str, options: Options) -> PublishSummary:
    from cotfactory.publish import hub  # noqa: PLC0415 - a heavy import that folders do without

    target = hub.target_of(to, options.revision)
    with dataset.built(run, location=target.repo) as ready:
        publication = hub.Publication(run.path, ready, target, options)
        if options.dry_run:
            plan = publication.plan()
            return _summary(ready, str(target), changed=True, plan=plan)
        commit, changed = publication.push()
        return _summary(ready, str(target), changed=changed, commit=commit)


def _summary(
    ready: Built,
    target: str,
    *,
    changed: bool,
    commit: str | None = None,
    plan: CommitPlan | None = None,
) -> PublishSummary:
    return PublishSummary(
        target=target,
        changed=changed,
        rows=ready.rows,
        bytes=ready.bytes,
        manifest_sha256=ready.manifest_sha256,
        files=tuple(ready.names),
        commit=commit,
        plan=plan,
    )
