"""What may still be written after Landlock, asked of the kernel."""

from pathlib import Path

import pytest

from monitor.cli.landlock import landlock_version
from tests.kit.confined import needs_linux, told_by

pytestmark = [
    needs_linux,
    pytest.mark.skipif(landlock_version() == 0, reason="this kernel has no Landlock"),
]

LIMIT = """
from monitor.cli.kernel_limits import forbid_new_privileges
from monitor.cli.landlock import write_only_beneath
own, other = Path(sys.argv[1], "own"), Path(sys.argv[1], "other")
for folder in (own, other):
    folder.mkdir()
(other / "there").write_text("x")
forbid_new_privileges()
write_only_beneath([own, Path("/nonexistent")])
"""


def test_only_the_own_folder_is_written(tmp_path: Path) -> None:
    facts = told_by(
        LIMIT
        + """
tell(
    make=refusal(lambda: (own / "new").write_text("x")),
    rename=refusal(lambda: (own / "new").replace(own / "kept")),
    sub=refusal(lambda: (own / "sub").mkdir()),
    read=refusal(lambda: (other / "there").read_text()),
    nothing=refusal(lambda: open("/dev/null", "w")),
    elsewhere=refusal(lambda: (other / "new").write_text("x")),
    change=refusal(lambda: (other / "there").write_text("y")),
    shorten=refusal(lambda: os.truncate(other / "there", 0)),
    remove=refusal(lambda: (other / "there").unlink()),
    out=refusal(lambda: (own / "kept").replace(other / "kept")),
    link=refusal(lambda: (own / "link").symlink_to("/etc")),
)
""",
        str(tmp_path),
    )
    allowed = {"make", "rename", "sub", "read", "nothing"}
    assert allowed == {name for name, value in facts.items() if value is None}


def test_threads_and_children_are_held_as_well(tmp_path: Path) -> None:
    facts = told_by(
        LIMIT
        + """
seen = []
thread = threading.Thread(target=lambda: seen.append(refusal(lambda: (other / "new").write_text("x"))))
thread.start()
thread.join()
child = os.fork()
if child == 0:
    os._exit(refusal(lambda: (other / "new").write_text("x")) == "PermissionError")
tell(thread=seen[0], child=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""",
        str(tmp_path),
    )
    assert {"thread": "PermissionError", "child": 1} == facts
