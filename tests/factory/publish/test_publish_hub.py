import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from traceback import TracebackException

import huggingface_hub
import pytest

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.publish import Options, PublishSummary, publish
from cotfactory.publish import hub as publishing
from cotfactory.publish.record import RECORD
from cotfactory.store.run import Run
from finished_run import finished_run, recipe
from hub_server import READ_TOKEN, WRITE_TOKEN, Fault, Hub, running_hub
from hub_state import Blob

TO, REPO = "hf://datasets/lab/sums", "lab/sums"
LARGE = 8  # files that a Hub keeps apart: six shards, two pictures
pytestmark = pytest.mark.filterwarnings("ignore:Use .content=:DeprecationWarning")  # the client's


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as started:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", started.url)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)
        monkeypatch.setattr(publishing, "FIRST_WAIT_S", 0.01)
        yield started


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "none"))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting takes no time."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("made") / "run").path


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Run:
    shutil.copytree(made, tmp_path / "run")
    return Run.read(tmp_path / "run")


def published(hub: Hub, branch: str = "main") -> list[str]:
    """The titles of the commits that publish, newest first."""
    titles = [commit.title for commit in hub.repos[REPO].history(branch)]
    return [title for title in titles if title != "initial commit"]


def changed_run(run: Run) -> Run:
    return finished_run(run.path.parent / "other", problems=6)


def with_record_of(run: Run, other: Run) -> Run:
    """The same run, filtered anew: other rows, and the memory of what it published."""
    record = (run.path / RECORD).read_bytes()
    (other.path / RECORD).write_bytes(record)
    return other


def test_everything_arrives_in_one_tagged_commit(hub: Hub, run: Run) -> None:
    made = publish(run, TO)
    repo = hub.repos[REPO]
    assert published(hub) == ["Publish 12 rows"]
    head = repo.at("main")
    assert head is not None
    assert (made.commit, made.changed) == (head.id, True)
    assert set(head.tree) == {*made.files, ".gitattributes"}
    assert f"manifest-sha256: {made.manifest_sha256}" in head.message
    assert repo.tags == {f"cotfactory-{made.manifest_sha256[:12]}": head.id}
    sealed = json.loads(head.tree["manifest.json"].data)
    assert {n: head.tree[n].sha256 for n in sealed["files"]} == {
        name: entry["sha256"] for name, entry in sealed["files"].items()
    }
    assert head.tree["data/journey/train-00000-of-00001.parquet"].large
    assert b'load_dataset("lab/sums", "shortcut"' in head.tree["README.md"].data


def test_publishing_twice_makes_no_second_commit(hub: Hub, run: Run) -> None:
    first, second = publish(run, TO), publish(run, TO)
    assert len(published(hub)) == 1
    assert (second.commit, second.changed) == (first.commit, False)


def test_a_run_whose_record_is_lost_still_knows_its_own_work(hub: Hub, run: Run) -> None:
    first = publish(run, TO)
    (run.path / RECORD).unlink()
    assert publish(run, TO).commit == first.commit
    assert len(published(hub)) == 1


def test_a_run_that_changed_adds_a_commit_and_removes_old_shards(hub: Hub, run: Run) -> None:
    publish(run, TO)
    old = hub.repos[REPO].at("main")
    assert old is not None
    tree = {**old.tree, "data/journey/train-00001-of-00002.parquet": Blob(b"left", large=True)}
    hub.repos[REPO].commits[old.id] = type(old)(old.id, old.parent, old.title, old.message, tree)
    made = publish(with_record_of(run, changed_run(run)), TO)
    head = hub.repos[REPO].at("main")
    assert head is not None
    assert (len(published(hub)), head.parent) == (2, old.id)
    assert set(head.tree) == {*made.files, ".gitattributes"}


def test_another_work_at_the_head_is_reported_and_not_replaced(hub: Hub, run: Run) -> None:
    publish(run, TO)
    repo = hub.repos[REPO]
    ours = repo.at("main")
    assert ours is not None
    theirs = repo.commit(
        "main", "Mend a typo", "", {**ours.tree, "README.md": Blob(b"x", large=False)}
    )
    with pytest.raises(CotfactoryError, match=f"has moved.*--over {theirs.id}"):
        publish(run, TO)
    assert repo.branches["main"] == theirs.id
    made = publish(run, TO, Options(over=theirs.id))
    assert repo.branches["main"] == made.commit
    assert (repo.history()[0].parent, len(repo.history())) == (theirs.id, 4)


def test_a_dataset_made_by_others_is_never_taken_over(hub: Hub, run: Run) -> None:
    publish(finished_run(run.path.parent / "theirs", problems=2), TO)
    with pytest.raises(CotfactoryError, match="was not published from this run"):
        publish(run, TO)
    assert len(published(hub)) == 1


def test_a_commit_that_slips_in_between_is_reported(hub: Hub, run: Run) -> None:
    def race(_method: str, path: str) -> Fault | None:
        if "/commit/" in path and len(hub.repos[REPO].commits) == 1:
            notes = {"notes.txt": Blob(b"", large=False)}
            hub.repos[REPO].commit("main", "theirs", "", notes)
        return None

    hub.fault = race
    with pytest.raises(CotfactoryError, match="has moved"):
        publish(run, TO)
    assert [commit.title for commit in hub.repos[REPO].history()] == ["theirs", "initial commit"]


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        ("cut", "/repos/create"),
        ("busy", "/commits/"),
        ("limited", "/preupload/"),
        ("busy", "/large/"),
        ("cut", "/large/"),
        ("lost", "/large/"),
        ("busy", "/commit/"),
        ("cut", "/commit/"),
        ("lost", "/commit/"),
        ("lost", "/tag/"),
    ],
)
@pytest.mark.usefixtures("patient")
def test_one_fault_anywhere_leads_to_one_commit(
    hub: Hub, run: Run, fault: Fault, place: str
) -> None:
    left = [fault]
    hub.fault = lambda _method, path: left.pop() if left and place in path else None
    made = publish(run, TO)
    assert not left
    assert len(published(hub)) == 1
    assert set(hub.repos[REPO].tags.values()) == {made.commit}


@pytest.mark.usefixtures("patient")
def test_a_hub_that_stays_down_is_said_and_the_next_run_resumes(hub: Hub, run: Run) -> None:
    hub.fault = lambda _method, path: "busy" if "/commit/" in path else None
    with pytest.raises(CotfactoryError, match=r"answered 503.*Run the same command again"):
        publish(run, TO)
    assert len(hub.large) == LARGE
    hub.fault = lambda _method, _path: None
    hub.requests.clear()
    publish(run, TO)
    assert [path for method, path in hub.requests if method == "PUT"] == []
    assert len(published(hub)) == 1


@pytest.mark.usefixtures("patient")
def test_an_upload_that_breaks_off_goes_on_with_what_is_missing(hub: Hub, run: Run) -> None:
    hub.fault = lambda method, _path: "cut" if method == "PUT" and len(hub.large) >= 2 else None
    with pytest.raises(CotfactoryError):
        publish(run, TO)
    assert published(hub) == []
    there = len(hub.large)
    hub.fault = lambda _method, _path: None
    hub.requests.clear()
    publish(run, TO)
    assert len([path for method, path in hub.requests if method == "PUT"]) == LARGE - there


def test_a_dry_run_says_the_commit_and_makes_nothing(hub: Hub, run: Run) -> None:
    made = publish(run, TO, Options(dry_run=True))
    assert hub.repos == {}
    assert made.plan is not None
    assert made.plan.parent is None
    assert made.plan.added == made.files
    assert {method for method, _ in hub.requests} == {"GET"}
    done = publish(run, TO)
    head = hub.repos[REPO].at("main")
    assert head is not None
    assert f"{head.title}\n\n{head.message}" == made.plan.message
    assert done.manifest_sha256 == made.manifest_sha256
    after = publish(with_record_of(run, changed_run(run)), TO, Options(dry_run=True))
    assert after.plan is not None
    assert after.plan.parent == head.id


def test_a_branch_of_its_own_leaves_main_alone(hub: Hub, run: Run) -> None:
    first = publish(run, TO)
    other = with_record_of(run, changed_run(run))
    made = publish(other, TO, Options(revision="more"))
    assert hub.repos[REPO].branches == {"main": first.commit, "more": made.commit}


def test_private_means_private(hub: Hub, run: Run) -> None:
    publish(run, TO, Options(private=True))
    assert hub.repos[REPO].private
    hub.repos[REPO].private = False
    with pytest.raises(CotfactoryError, match="is public already"):
        publish(run, TO, Options(private=True))


@pytest.mark.parametrize(
    ("token", "match"),
    [
        (READ_TOKEN, r"answered 403.*may write"),
        ("hf_wrong", r"answered 40[13].*token"),
        ("", r"not logged in"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_token_that_may_not_write_is_explained_and_never_shown(
    hub: Hub, run: Run, token: str, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(CotfactoryError, match=match) as raised:
        publish(run, TO)
    assert not token or token not in str(raised.value)
    assert hub.repos == {}


def test_the_token_is_in_no_file_no_log_and_never_at_the_second_host(
    hub: Hub, run: Run, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        publish(run, TO)
    written = b"".join(p.read_bytes() for p in run.path.rglob("*") if p.is_file())
    head = hub.repos[REPO].at("main")
    assert head is not None
    sent = b"".join(blob.data for blob in head.tree.values()) + head.message.encode()
    said = caplog.text + "".join(capfd.readouterr())
    assert WRITE_TOKEN.encode() not in written + sent + said.encode()
    assert hub.tokens_on_second_host == []


@pytest.mark.parametrize(
    "place", ["/repos/create", "/commits/", "/preupload/", "/commit/", "/large/"]
)
def test_the_token_is_in_no_traceback_even_with_all_values_in_it(
    hub: Hub,
    run: Run,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    hub.fault = lambda _method, path: "busy" if place in path else None
    with caplog.at_level(logging.DEBUG), pytest.raises(CotfactoryError) as raised:
        publish(run, TO)
    shown = TracebackException.from_exception(raised.value, capture_locals=True)
    said = "".join(shown.format()) + repr(raised.value) + caplog.text
    assert "CotfactoryError" in said
    assert WRITE_TOKEN not in said


def test_a_recipe_that_holds_the_token_is_not_published(hub: Hub, tmp_path: Path) -> None:
    settings = recipe(engine={"kind": "openai", "api_key": WRITE_TOKEN})
    with pytest.raises(UsageError, match="holds your Hub token"):
        publish(finished_run(tmp_path / "run", settings=settings), TO)
    assert hub.requests == []


@pytest.mark.parametrize(
    "to",
    [
        "hf://lab/sums",
        "hf://datasets/sums",
        "hf://datasets/../../x",
        "hf://datasets/a/b/c",
        "hf://datasets/lab/.hidden",
        "s3://bucket/x",
        "hf://datasets/lab/a b",
    ],
)
def test_only_dataset_repositories_are_targets(run: Run, to: str) -> None:
    with pytest.raises(UsageError, match="no such target"):
        publish(run, to)


def test_a_branch_name_is_no_path(run: Run) -> None:
    with pytest.raises(UsageError, match="--revision"):
        publish(run, TO, Options(revision="../main"))


@pytest.mark.usefixtures("hub")
def test_the_summary_says_where_and_how_much(run: Run) -> None:
    made: PublishSummary = publish(run, TO)
    assert made.target == f"{TO}@main"
    assert made.rows["journey"] == {"train": 3, "test": 1}
