"""What a workflow file may not use, and what to use instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One thing that a step may not do: why, and what to write instead."""

    why: str
    instead: str
    warning: bool = False


_ACTIVITY = "an activity of your own, with `api.call(...)`"
_KEPT = "the `payload` of the next step, or `api.store`"
RULES: dict[str, Rule] = {
    "clock": Rule("reads the machine's clock, which a replay reads again", "`api.run.now()`"),
    "sleep": Rule("stops the worker, and ends with it", "`api.schedule_next_step(delay=...)`"),
    "random": Rule("is another value on every replay", "`api.run.random`"),
    "uuid": Rule("is another value on every replay", "`api.run.uuid()`"),
    "environment": Rule("differs from one worker to the next", "`api.env[...]`"),
    "file": Rule("touches this worker's disk or system", _ACTIVITY),
    "network": Rule("is repeated by every replay", "`api.fetch(...)`, or an activity with `api.call(...)`"),
    "process": Rule("starts a process, again on every replay", _ACTIVITY),
    "thread": Rule(
        "leaves the run's own order of things", "`asyncio.gather` for calls at the same time, or an activity"
    ),
    "event-loop": Rule("needs an event loop of its own; a step has one", "`await`"),
    "task": Rule("may outlive its step, and its error is lost", "`asyncio.gather`, `asyncio.TaskGroup`, or more steps"),
    "order": Rule("has another order on every replay", "`sorted(...)`, or `asyncio.gather` in place of `wait`"),
    "print": Rule("is printed again by every replay, and not kept with the run", "`api.log(...)`"),
    "logging": Rule("is written again by every replay, and not kept with the run", "`api.log(...)`"),
    "input": Rule("waits for a keyboard that a worker does not have", "`data` and `api.env[...]`"),
    "continue-as-new": Rule("belongs to the engine", "`api.schedule_next_step(...)`"),
    "global-state": Rule("is lost with the worker, and not the same on a replay", _KEPT),
    "self-state": Rule("is gone when the step ends: each runs on a fresh instance", _KEPT),
    "import": Rule("is loaded anew for every run, and may be refused", _ACTIVITY, warning=True),
    "excuse": Rule("must have a reason, and something to excuse", "`# guard: reason` on the line of a finding"),
}

_MEMBERS: dict[str, dict[str, str]] = {
    "clock": {
        "datetime.datetime": "now utcnow today",
        "datetime.date": "today",
        "time": "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns "
        "thread_time thread_time_ns localtime clock_gettime clock_gettime_ns get_clock_info",
    },
    "sleep": {"time": "sleep"},
    "random": {"os": "urandom getrandom", "random": "*", "secrets": "*"},
    "uuid": {"uuid": "uuid1 uuid4 uuid6 uuid7 uuid8 getnode"},
    "environment": {
        "os": "environ environb getenv getenvb putenv unsetenv getpid getppid getuid getlogin cpu_count uname name",
        "sys": "argv",
        "platform": "*",
        "locale": "*",
        "getpass": "getuser",
    },
    "file": {
        "builtins": "open",
        "io": "open open_code FileIO",
        "codecs": "open",
        "gzip": "open",
        "bz2": "open",
        "lzma": "open",
        "tarfile": "open",
        "os": "*",
        "pathlib.Path": "chmod cwd exists expanduser glob group hardlink_to home is_block_device is_char_device is_dir "
        "is_fifo is_file is_mount is_socket is_symlink iterdir lchmod lstat mkdir open owner read_bytes read_text "
        "readlink rename replace resolve rglob rmdir samefile stat symlink_to touch unlink walk write_bytes write_text",
        "tempfile": "*",
        "shutil": "*",
        "glob": "*",
        "fileinput": "*",
        "filecmp": "*",
        "shelve": "*",
        "dbm": "*",
        "mmap": "*",
        "sqlite3": "connect",
    },
    "network": {
        "asyncio": "open_connection start_server open_unix_connection start_unix_server",
        "urllib.request": "*",
        "http.client": "*",
        "http.server": "*",
        "socket": "*",
        "socketserver": "*",
        "select": "*",
        "selectors": "*",
        "ftplib": "*",
        "imaplib": "*",
        "poplib": "*",
        "smtplib": "*",
        "telnetlib": "*",
        "xmlrpc": "*",
        "requests": "*",
        "httpx": "*",
        "aiohttp": "*",
        "urllib3": "*",
        "httpcore": "*",
        "websockets": "*",
        "paramiko": "*",
        "boto3": "*",
        "redis": "*",
        "psycopg": "*",
        "psycopg2": "*",
        "asyncpg": "*",
        "pymongo": "*",
        "sqlalchemy": "*",
        "notion_client": "*",
    },
    "process": {
        "subprocess": "*",
        "os": "system popen fork forkpty execl execle execlp execlpe execv execve execvp execvpe spawnl spawnle "
        "spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe posix_spawn posix_spawnp kill killpg wait waitpid",
        "asyncio": "create_subprocess_exec create_subprocess_shell",
        "webbrowser": "*",
    },
    "thread": {
        "threading": "*",
        "_thread": "*",
        "multiprocessing": "*",
        "concurrent.futures": "*",
        "signal": "*",
        "asyncio": "to_thread",
    },
    "event-loop": {"asyncio": "run new_event_loop set_event_loop Runner run_coroutine_threadsafe"},
    "task": {"asyncio": "create_task ensure_future"},
    "order": {"asyncio": "wait as_completed"},
    "print": {"builtins": "print", "pprint": "pprint pp", "sys": "stdout stderr"},
    "logging": {"logging": "getLogger basicConfig debug info warning error critical exception log Logger"},
    "input": {"builtins": "input breakpoint", "sys": "stdin", "getpass": "getpass"},
    "continue-as-new": {"temporalio.workflow": "continue_as_new"},
}
# What the lists above would catch, and what is the same on every replay.
_ALLOWED = ("os.PathLike", "os.sep", "random.Random", "secrets.compare_digest")
# Constructors and formats that read the clock, or chance, only when they get no more arguments than this.
AT_MOST: dict[str, tuple[int, str]] = {
    "random.Random": (0, "random"),
    "time.gmtime": (0, "clock"),
    "time.ctime": (0, "clock"),
    "time.asctime": (0, "clock"),
    "time.strftime": (1, "clock"),
}
METHODS = {"run_in_executor": "thread", "run_until_complete": "event-loop", "run_forever": "event-loop"}

USES: dict[str, str | None] = {
    (module if name == "*" else f"{module}.{name}"): rule
    for rule, modules in _MEMBERS.items()
    for module, names in modules.items()
    for name in names.split()
} | dict.fromkeys(_ALLOWED)
MODULES = frozenset(module for modules in _MEMBERS.values() for module in modules)


def rule_of(name: str) -> str | None:
    """Return the rule that a dotted name breaks; the longest part of it that is known decides."""
    while name:
        if name in USES:
            return USES[name]
        name = name.rpartition(".")[0]
    return None
