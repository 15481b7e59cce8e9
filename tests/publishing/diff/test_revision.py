import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.diff import revision
from publishing.diff.editions import Edition, named, work_tree
from publishing.diff.git import commit_of
from publishing.diff.revision import build_environment, environment_holds, missing_plugin, temporary_folder
from publishing.diff.saved import save
from publishing.errors import BookError, RevisionError
from publishing.progress import Progress
from publishing.project import load_book
from tests.publishing.conftest import edit
from tests.publishing.diff.conftest import commit, git, write_findings


@pytest.fixture(autouse=True)
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files, to see that none is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def edition(root: Path, name: str, environment: revision.Environment = "current") -> Edition:
    return named(load_book(root), name, environment, Progress(), root)


@pytest.fixture
def repository(tracked_book: Path) -> Path:
    """The tracked book in Git, its made folders not."""
    (tracked_book / ".gitignore").write_text("bld/\n_book/\n.pytask/\npytask.lock\n__pycache__/\n", encoding="utf-8")
    git(tracked_book, "init", "--quiet")
    git(tracked_book, "add", ".")
    git(tracked_book, "commit", "--quiet", "--message", "one")
    return tracked_book


@pytest.fixture
def plain(plain_book: Callable[..., Path]) -> Path:
    """A book in Git that has no pipeline; its findings are committed, twice."""
    root = plain_book(mean=1)
    git(root, "init", "--quiet")
    commit(root, "one")
    write_findings(root, mean=2)
    commit(root, "two")
    return root


def test_a_revision_is_computed_apart_and_kept(
    repository: Path, own_temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = git(repository, "rev-parse", "HEAD")
    edit(repository / "tiny/rounding.py", "round(value, 3)", "round(value) + 1000")  # what is not committed
    edit(repository / "data/heights.csv", "a,170", "a,200")
    before = git(repository, "status", "--porcelain")
    seen = edition(repository, "HEAD")
    assert seen.findings["heights.mean"].value == 180
    assert seen.findings["weights.mean"].value == 75
    assert (seen.root / "chapters/01-heights.qmd").is_file()
    assert seen.name == f"revision HEAD ({first[:10]}), computed with the environment of now"
    assert list(own_temporary.iterdir()) == []
    assert not (repository / "bld/findings").exists()
    assert git(repository, "status", "--porcelain") == before
    assert len(git(repository, "worktree", "list").splitlines()) == 1

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(revision, "write_tree", never)
    assert edition(repository, first[:8]).findings == seen.findings


def test_a_pipeline_that_fails_is_told_and_leaves_nothing(repository: Path, own_temporary: Path) -> None:
    edit(repository / "tiny/means.py", "values = ", 'raise ValueError("no such column")\n        values = ')
    git(repository, "commit", "--quiet", "--all", "--message", "broken")
    with pytest.raises(RevisionError, match=r"(?s)revision \w{10}: its findings could not be computed.*no such column"):
        edition(repository, "HEAD")
    assert list(own_temporary.iterdir()) == []
    assert list((repository / "bld").glob("revisions/*")) == []


def test_an_earlier_commit_of_a_book_without_a_pipeline(plain: Path) -> None:
    assert edition(plain, "HEAD~1").findings["heights.mean"].value == 1
    assert edition(plain, "HEAD").findings["heights.mean"].value == 2


def test_a_saved_build_of_a_commit_is_taken_for_it(plain: Path) -> None:
    (plain / ".git/info/exclude").write_text("/bld/builds/\n", encoding="utf-8")
    folder = save(load_book(plain))
    seen = edition(plain, "HEAD")
    assert seen.root == folder
    assert "saved build" in seen.name
    assert not (plain / "bld/revisions").exists()


def test_a_project_in_a_folder_of_its_repository(plain_book: Callable[..., Path]) -> None:
    root = plain_book(mean=1)
    git(root.parent, "init", "--quiet")
    git(root.parent, "add", "--force", "book")
    git(root.parent, "commit", "--quiet", "--message", "one")
    write_findings(root, mean=2)
    assert edition(root, "HEAD").findings["heights.mean"].value == 1
    (root.parent / "elsewhere").write_text("", encoding="utf-8")
    git(root.parent, "add", "elsewhere")
    git(root.parent, "rm", "-r", "--force", "--quiet", "--cached", "book")
    git(root.parent, "commit", "--quiet", "--message", "no book")
    with pytest.raises(RevisionError, match=r"there was no book/ then; name a later revision"):
        edition(root, "HEAD")


def test_a_revision_that_is_no_book_is_named(plain: Path) -> None:
    (plain / "_quarto.yml").write_text("project: {}\n", encoding="utf-8")
    commit(plain, "no book")
    git(plain, "checkout", "--quiet", "HEAD~1", "--", "_quarto.yml")
    with pytest.raises(BookError, match=r"revision \w{10}: _quarto\.yml: no book"):
        edition(plain, "HEAD")


def test_a_name_that_stands_for_nothing_says_what_there_is(plain: Path) -> None:
    with pytest.raises(RevisionError, match=r"no saved build, .* and no Git revision; no build is saved"):
        edition(plain, "nowhere")
    folder = save(load_book(plain))
    with pytest.raises(RevisionError, match=f"saved builds are {folder.name}"):
        edition(plain, "--exec=nowhere")
    with pytest.raises(RevisionError, match="previous: there are 1 saved builds"):
        edition(plain, "previous")


def test_a_saved_build_goes_by_name_path_or_rank(plain: Path, tmp_path: Path) -> None:
    one = save(load_book(plain))
    write_findings(plain, mean=3)
    two = save(load_book(plain))
    assert edition(plain, "last").root == edition(plain, two.name).root == two
    assert edition(plain, "previous").root == edition(plain, f"bld/builds/{one.name}").root == one
    one.rename(tmp_path / "kept")
    assert edition(plain, str(tmp_path / "kept")).findings["heights.mean"].value == 2
    assert work_tree(load_book(plain)).findings["heights.mean"].value == 3


def test_without_git_a_revision_is_no_name(plain_book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = plain_book(mean=1)
    monkeypatch.setenv("PATH", "")
    assert commit_of(root, "HEAD") is None
    with pytest.raises(RevisionError, match="no Git revision"):
        edition(root, "HEAD")


def test_an_environment_that_cannot_be_made_says_what_to_do(
    repository: Path, own_temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = f"no-such-package==1.0 \\\n    --hash=sha256:{'0' * 64}\n"
    (repository / "requirements/report.txt").write_text(lock, encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "locked")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    with pytest.raises(
        RevisionError, match=r"(?s)its environment could not be made.*no-such-package.*environment current"
    ):
        edition(repository, "HEAD", "lock")
    assert list(own_temporary.iterdir()) == []


def test_a_revision_without_a_lock_file_says_so(repository: Path) -> None:
    git(repository, "rm", "--quiet", "requirements/report.txt")
    git(repository, "commit", "--quiet", "--message", "unlocked")
    with pytest.raises(RevisionError, match=r"it has no requirements/report\.txt.*--environment current"):
        edition(repository, "HEAD", "lock")


def test_an_environment_is_made_from_a_lock_file(tmp_path: Path) -> None:
    lock = tmp_path / "report.txt"
    lock.write_text("# nothing\n", encoding="utf-8")
    python = build_environment(lock, tmp_path / "environment", "abc")
    found = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).resolve() == (tmp_path / "environment").resolve()


def test_the_current_environment_serves_only_where_it_has_the_versions_of_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "report.txt"

    def holds(text: str) -> bool:
        lock.write_text(text, encoding="utf-8")
        return environment_holds(lock)

    own = f"pytest=={pytest.__version__} \\\n    --hash=sha256:{'0' * 64}\n"
    assert holds(own)
    assert holds(f"{own}no-such-package==1.0 ; python_full_version < '3' \\\n")
    assert not holds(f"{own}no-such-package==1.0 ; python_full_version >= '3' \\\n")
    assert not holds("pytest==0.1\n")
    assert not holds("# nothing\n")


def test_a_revision_older_than_the_plugin_of_the_present_environment_is_told(tmp_path: Path) -> None:
    assert missing_plugin(tmp_path) is None  # not this project
    (tmp_path / "publishing").mkdir()
    assert missing_plugin(tmp_path) == "publishing.pytask_hooks"
    (tmp_path / "publishing/pytask_hooks.py").touch()
    assert missing_plugin(tmp_path) is None


def test_a_run_that_is_ended_leaves_no_folder(tmp_path: Path) -> None:
    code = (
        "import tempfile, time\n"
        f"tempfile.tempdir = {str(tmp_path / 'temporary')!r}\n"
        "from publishing.diff.revision import temporary_folder\n"
        "with temporary_folder() as folder:\n"
        "    (folder / 'tree').mkdir()\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        assert len(list((tmp_path / "temporary").iterdir())) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) != 0
    assert list((tmp_path / "temporary").iterdir()) == []
    handler = signal.getsignal(signal.SIGTERM)
    with temporary_folder():
        assert signal.getsignal(signal.SIGTERM) is not handler
    assert signal.getsignal(signal.SIGTERM) is handler
