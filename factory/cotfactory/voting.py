"""The station `vote`: what most samples answer, where a problem has no reference."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import polars as pl

from cotfactory.errors import UsageError
from cotfactory.store.read import scan
from cotfactory.store.run import Run, RunWriter
from cotfactory.verdicts import newest, pairs, take_back
from cotfactory_filters.verify import REGISTRY, make_verifier
from cotfactory_filters.verify.answer import AnswerVerifier
from cotfactory_filters.verify.identity import Identity
from cotfactory_filters.verify.judge import NAME as JUDGE
from cotfactory_filters.verify.majority import NAME, VERSION, Terms, vote
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace, Verdict, ids
from cotfactory_schemas.recipe import MajoritySettings, VerifySettings

GROUP = 64  # problems whose texts are held at once

_Asked = tuple[Problem, list[Trace]]


def majority(run: RunWriter, progress: Callable[[str, int, int | None], None]) -> int:
    """Votes on the problems without a reference; returns on how many.

    A vote stands as long as the samples, the share that wins, and the verifier that says which
    answers are equal are the same. The verdicts of a problem become durable together.

    Raises:
        UsageError: the recipe's `verify.majority.verifier` compares no answers.
    """
    settings = run.recipe.verify.majority
    voters = _voters(run, settings) if settings else _NOBODY
    take_back(run, NAME, (JUDGE,), voters)
    terms = _due(run, voters, settings) if settings else {}
    waiting, done = sorted(terms), 0
    with VerifierPool(run.recipe.verify) as pool:
        while group := waiting[done : done + GROUP]:
            chosen = voters.filter(pl.col("problem_id").is_in(group))
            for verdicts in _votes(run, chosen, terms, pool):
                run.append(verdicts)
            done += len(group)
            progress("vote", done, len(waiting))
    if waiting:
        run.roll()
    return done


_NOBODY = pl.DataFrame(schema=dict.fromkeys(("trace_id", "problem_id", "verifier"), pl.String()))


def _voters(run: Run, settings: MajoritySettings) -> pl.DataFrame:
    """Returns trace_id, problem_id and verifier of the samples that may vote.

    The engine's failures have no say; of a trace that was gone on with only its end has one; and
    one that was told of its error is no independent sample.
    """
    traces = scan(run, "traces").filter(pl.col("finish_reason") != "error")
    continuation = pl.col("continuation").fill_null("")
    gone_on = traces.filter(continuation == "limit").select(trace_id="parent_id")
    return (
        traces.filter(continuation != "journey")
        .select("trace_id", "problem_id")
        .join(gone_on, on="trace_id", how="anti")
        .join(_unreferenced(run, settings).lazy(), on="problem_id")
        .filter(pl.len().over("problem_id") >= settings.min_samples)
        .collect()
    )


def _unreferenced(run: Run, settings: MajoritySettings) -> pl.DataFrame:
    """Returns problem_id and verifier of the problems that can be voted on."""
    if not _compares(settings.verifier):
        raise UsageError(
            f"{run.path / 'recipe.yaml'}: verify.majority.verifier: {settings.verifier!r} does not "
            "compare answers. Take one that does, such as math or text."
        )
    named = pl.col("verifier").replace("", settings.verifier)
    problems = (
        scan(run, "problems")
        .unique("problem_id", keep="last", maintain_order=True)
        .filter(pl.col("reference").is_null())
        .select("problem_id", named)
        .collect()
    )
    comparing = [name for name in problems["verifier"].unique() if _compares(name)]
    return problems.filter(pl.col("verifier").is_in(comparing))


def _compares(name: str) -> bool:
    try:
        return issubclass(REGISTRY.load(name), AnswerVerifier)
    except ValueError:
        return False


def _due(run: Run, voters: pl.DataFrame, settings: MajoritySettings) -> dict[str, Terms]:
    """Returns the terms of each problem whose vote is not held, or not on these terms."""
    verdicts = newest(run, without=(JUDGE,)).select(
        "trace_id", "settings", "version", judge="verifier"
    )
    ballots = (
        voters.lazy()
        .join(verdicts, on="trace_id", how="left")
        .sort("trace_id")
        .group_by("problem_id", "verifier")
        .agg("trace_id", "settings", held=_HELD)
        .collect()
    )
    due = {}
    identities: dict[str, Identity] = {}
    for row in ballots.iter_rows(named=True):
        name = row["verifier"]
        if name not in identities:
            identities[name] = Identity.of(name, run.recipe.verify)
        terms = _terms(identities[name], row["trace_id"], settings)
        recorded = [json.loads(text or "{}") for text in set(row["settings"])]
        if not row["held"] or recorded != [terms.settings]:
            due[row["problem_id"]] = terms
    return due


_HELD = ((pl.col("judge") == NAME) & (pl.col("version") == VERSION)).fill_null(value=False).all()


def _terms(identity: Identity, samples: Sequence[str], settings: MajoritySettings) -> Terms:
    recorded = {
        "ballot": ids.content_id(*samples),
        "min_share": settings.min_share,
        "verifier": f"{identity.name} {identity.version}",
        "settings": dict(identity.settings),
    }
    return Terms(settings.min_share, recorded)


def _votes(
    run: Run, voters: pl.DataFrame, terms: Mapping[str, Terms], pool: VerifierPool
) -> Iterator[list[Verdict]]:
    """Yields the verdicts of each problem; as many votes at a time as there are workers."""
    settings = run.recipe.verify
    named = dict(voters.select("problem_id", "verifier").iter_rows())
    asked: dict[str, _Asked] = {}
    samples: dict[str, list[Trace]] = defaultdict(list)
    for problem, trace in pairs(run, voters):
        samples[problem.problem_id].append(trace)
        asked[problem.problem_id] = (problem, samples[problem.problem_id])
    with ThreadPoolExecutor(settings.workers) as threads:
        yield from threads.map(partial(_vote, settings, named, terms, pool), asked.values())


def _vote(
    settings: VerifySettings,
    named: Mapping[str, str],
    terms: Mapping[str, Terms],
    pool: VerifierPool,
    asked: _Asked,
) -> list[Verdict]:
    problem, traces = asked
    name = named[problem.problem_id]
    verifier = make_verifier(name, settings.verifiers.get(name))
    if not isinstance(verifier, AnswerVerifier):
        raise TypeError(f"{name} compares no answers")
    return vote(problem, traces, verifier, pool, terms[problem.problem_id])
