"""Near-duplicates from Parquet to verified groups, beside other tools on the same texts.

    python tests/benchmarks/dedup.py [MEGABYTES [PEER_MEGABYTES]]

Prints MB per CPU second of one core, reading included, how many times as fast we are, the share of
planted copies that each tool joins by their exact Jaccard, and its precision: the share of pairs it
joined whose exact Jaccard reaches the threshold. Peers that are not installed are named; all of
them: pip install daft rensa datatrove spacy. We are measured on the larger corpus too.
"""

import importlib
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import corpus
import numpy as np
import polars as pl
from datasketch import MinHash, MinHashLSH

from cotfactory.annotate import annotate
from cotfactory.dedup import deduplicate
from cotfactory.store import read
from cotfactory.store.run import Run
from cotfactory_filters.annotate import REGISTRY
from cotfactory_filters.annotate.minhash import TEXT
from cotfactory_filters.dedup.words import shingles
from cotfactory_schemas import Recipe
from cotfactory_schemas.recipe import FilterSettings

THRESHOLD = 0.8
BANDS = (0.5, 0.7, 0.8 - 1e-9, 0.9, 0.999, 1.0)
PERMUTATIONS = 128
ONLY_MINHASH = Recipe(
    name="bench",
    filter=FilterSettings(
        annotators={name: None for name in REGISTRY.names() if name != "minhash"}, workers=1
    ),
)

Groups = Sequence[object]
"""A group's name for each text; texts of one name were found alike."""


def cotfactory(run: Path) -> Groups:
    """Our own way: annotate and deduplicate, as `cotfactory filter` does."""
    with Run.open(run, ONLY_MINHASH) as writer:
        annotate(writer, ONLY_MINHASH.filter)
        deduplicate(writer)
    found = pl.read_parquet(run / "annotations" / "dedup" / "*.parquet")
    return found.select(pl.coalesce("cluster", "trace_id")).to_series().to_list()


def datasketch_defaults(run: Path) -> Groups:
    """datasketch as its documentation shows it: SHA-1, LSH of its own choice, no check."""
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    groups: list[object] = []
    for number, text in enumerate(texts(run)):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([s.encode() for s in _joined(text)])
        found = lsh.query(signature)
        groups.append(groups[min(found)] if found else number)
        lsh.insert(number, signature)
    return groups


def rensa_lsh(run: Path) -> Groups:
    """rensa's R-MinHash and its LSH, no check."""
    rensa = importlib.import_module("rensa")

    lsh = rensa.RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
    groups: list[object] = []
    for number, text in enumerate(texts(run)):
        signature = rensa.RMinHash(num_perm=PERMUTATIONS, seed=42)
        signature.update(_joined(text))
        found = lsh.query(signature)
        groups.append(groups[min(found)] if found else number)
        lsh.insert(number, signature)
    return groups


def daft_lsh(run: Path) -> Groups:
    """daft's minhash, 16 bands of 8 rows, and pairs checked on their signatures."""
    os.environ["DO_NOT_TRACK"] = "1"
    daft = importlib.import_module("daft")
    functions = importlib.import_module("daft.functions")
    text = functions.concat(functions.concat(daft.col("reasoning"), "\n"), daft.col("response"))
    clean = functions.normalize(text, remove_punct=True, lowercase=True, white_space=True)
    signed = functions.minhash(
        clean, num_hashes=PERMUTATIONS, ngram_size=corpus.SHINGLE_WORDS, hash_function="xxhash"
    )
    read_ = daft.read_parquet(str(run / "traces" / "*.parquet"))
    made = read_.select("trace_id", signed.alias("signature")).to_arrow()
    signatures = np.stack(made["signature"].to_numpy())
    places = {name: place for place, name in enumerate(_ids(run))}
    order = [places[name] for name in made["trace_id"].to_pylist()]
    groups = list(range(len(order)))
    for first in range(0, PERMUTATIONS, 8):
        buckets: dict[bytes, int] = {}
        for row, band in enumerate(np.ascontiguousarray(signatures[:, first : first + 8])):
            other = buckets.setdefault(band.tobytes(), row)
            if other != row and (signatures[other] == signatures[row]).mean() >= THRESHOLD:
                groups[row] = min(groups[row], groups[other])
    return [group for _, group in sorted(zip(order, groups, strict=True))]


def datatrove(run: Path) -> Groups:
    """datatrove's four MinHash stages with their defaults, but SHA-1: its xxhash refuses texts."""
    minhash = importlib.import_module("datatrove.pipeline.dedup.minhash")
    data = importlib.import_module("datatrove.data")
    importlib.import_module("datatrove.utils.logging").logger.remove()
    documents = [data.Document(text=text, id=str(i)) for i, text in enumerate(texts(run))]
    hashing = importlib.import_module("datatrove.utils.hashing").HashConfig(hash_fc="sha1")
    config = minhash.MinhashConfig(hash_config=hashing)
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder, name)) for name in ("signatures", "buckets", "removed")]
        minhash.MinhashDedupSignature(names[0], config).run(documents)
        for bucket in range(config.num_buckets):
            minhash.MinhashDedupBuckets(names[0], names[1], config=config).run(
                rank=bucket, world_size=config.num_buckets
            )
        minhash.MinhashDedupCluster(names[1], names[2], config=config, save_cluster_id=True).run()
        list(minhash.MinhashDedupFilter(names[2], load_cluster_ids=True).run(documents))
    clusters = [document.metadata["minhash_cluster_id"] for document in documents]
    return [f"alone {n}" if c < 0 else c for n, c in enumerate(clusters)]


def texts(run: Path) -> list[str]:
    """The texts of the run's traces, as they are compared."""
    traces = read.scan(Run.read(run), "traces").select(TEXT)
    return traces.collect().to_series().to_list()


def _ids(run: Path) -> list[str]:
    traces = read.scan(Run.read(run), "traces").select("trace_id")
    return traces.collect().to_series().to_list()


def _joined(text: str) -> list[str]:
    return [" ".join(shingle) for shingle in shingles(text, corpus.SHINGLE_WORDS)]


def _jaccard(one: str, two: str) -> float:
    a, b = (frozenset(shingles(text, corpus.SHINGLE_WORDS)) for text in (one, two))
    return len(a & b) / max(1, len(a | b))


class Truth:
    """The planted pairs of a corpus, and their exact Jaccards."""

    def __init__(self, made: Sequence[corpus.Text]) -> None:
        families: dict[int, list[int]] = defaultdict(list)
        for number, text in enumerate(made):
            families[text.family].append(number)
        self.texts = [f"{text.text}\n{corpus.ANSWER}" for text in made]
        pairs = [tuple(family) for family in families.values() if len(family) > 1]
        self.planted = {(a, b): _jaccard(self.texts[a], self.texts[b]) for a, b in pairs}

    def scores(self, groups: Groups) -> str:
        """The share of pairs joined by exact Jaccard, and precision over all that were joined."""
        shares = []
        for low, high in pairwise(BANDS):
            band = [pair for pair, jaccard in self.planted.items() if high >= jaccard > low]
            shares.append(sum(groups[a] == groups[b] for a, b in band) / max(1, len(band)))
        joined: dict[object, list[int]] = defaultdict(list)
        for number, group in enumerate(groups):
            joined[group].append(number)
        pairs = [(g[0], other) for g in joined.values() for other in g[1:]]
        right = [_jaccard(self.texts[a], self.texts[b]) >= THRESHOLD for a, b in pairs]
        found = " ".join(f"{share:9.3f}" for share in shares)
        return f"{found}   {sum(right) / max(1, len(right)):9.3f}"


def measured(tool: Callable[[Path], Groups], run: Path, truth: Truth) -> tuple[float, str]:
    """Runs one tool; returns its MB/s, and its scores as text."""
    megabytes = sum(len(text.encode()) for text in truth.texts) / 1e6
    began = time.process_time()
    groups = tool(run)
    seconds = time.process_time() - began
    return megabytes / seconds, truth.scores(groups)


PEERS: Mapping[str, Callable[[Path], Groups]] = {
    "daft": daft_lsh,
    "rensa": rensa_lsh,
    "datasketch": datasketch_defaults,
    "datatrove": datatrove,
}


def main() -> None:
    """Measures everyone on the small corpus, and us on the large one."""
    large, small = (float(a) for a in (*sys.argv[1:], "256", "32")[:2])
    logging.disable(logging.WARNING)
    compare(["daft"], 1.0, silent=True)  # compiles, and starts daft's threads
    bands = " ".join(f"{f'{low:.1f}-{high:.1f}':>9}" for low, high in pairwise(BANDS))
    print(f"{'pairs joined by Jaccard':24} MB/s/core  ratio {bands}  precision")
    compare(list(PEERS), small)
    compare([], large)


def compare(peers: Sequence[str], megabytes: float, *, silent: bool = False) -> None:
    """Measures us and peers on a corpus of so many megabytes."""
    made = list(corpus.texts(megabytes))
    truth = Truth(made)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        corpus.make_run(run, iter(made), ONLY_MINHASH)
        ours, scores = measured(cotfactory, run, truth)
        lines = [f"{f'cotfactory, {megabytes:.0f} MB':24} {ours:9.1f}  {1:5.1f} {scores}"]
        for name in peers:
            try:
                rate, scores = measured(PEERS[name], run, truth)
            except ImportError as error:
                lines.append(f"{name:24} is not installed: {error}")
                continue
            lines.append(f"{name:24} {rate:9.1f}  {ours / rate:5.1f} {scores}")
    print(*(() if silent else lines), sep="\n", end="" if silent else "\n", flush=True)


if __name__ == "__main__":
    main()
