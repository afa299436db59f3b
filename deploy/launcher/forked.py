"""Starting `python -m …` as a fork of the launcher, which has loaded the modules they all need.

So nineteen processes hold one copy of them, and each starts in a fraction of the time. What a child
runs is the same module with the same arguments and environment, in a session of its own; of the
launcher it keeps nothing open and catches none of its signals. A process that is brought back runs
the code the launcher was started with.
"""

import atexit
import ctypes
import gc
import importlib
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NoReturn, TextIO

from setproctitle import setproctitle

_TOOLS: Final = ("deploy.demo.load", "deploy.launcher.readiness", "shared.command_line")
_ROLES: Final = ("app", "worker", "commands")
_MOST_ARENAS: Final = -8  # M_ARENA_MAX of <malloc.h>
_ENDED_BY_AN_ERROR: Final = 1


def load_modules(packages: Iterable[str]) -> None:
    """Load what these packages' processes need, once, before the first fork."""
    modules = [f"{package}.{role}" for package in packages for role in _ROLES]
    for name in (*_TOOLS, *modules):
        with suppress(ImportError):  # a package without this role; or whoever needs it will say so
            importlib.import_module(name)
    _keep_one_arena()
    gc.collect()
    gc.freeze()


def _keep_one_arena() -> None:
    """Let all threads of a process take memory from one place, as `MALLOC_ARENA_MAX=1` does for a
    program that starts: what a password's hash frees in another one is never given back. Python
    asks the C library for large pieces only, so threads do not wait for each other there.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_MOST_ARENAS, 1)


class ForkedModule:
    """A running `python -m <module> <arguments>`."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        prepare: Callable[[], None],
    ) -> None:
        """Start it; `prepare` runs in the child before anything else."""
        self.descriptor, writing = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _become(module, arguments, environment, writing, prepare)
        os.close(writing)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Give how it ended (negative: the signal), or None while it runs."""
        if self._code is None:
            process, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if process else None
        return self._code

    def terminate(self) -> None:
        """Send SIGTERM, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def close(self) -> None:
        """Close the reading end of its output."""
        os.close(self.descriptor)


def _become(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    writing: int,
    prepare: Callable[[], None],
) -> NoReturn:
    """Go on as the module, in the child; nothing of the launcher's own code runs any more."""
    code = _ENDED_BY_AN_ERROR
    try:
        _forget_endings()
        os.setsid()
        prepare()
        _forget_signals()
        _take_streams(writing)
        os.environ.clear()
        os.environ.update(environment)
        _take_name(module, arguments)
        code = _ran(module, arguments)
    finally:
        os._exit(code)


def _forget_endings() -> None:
    """Leave what the launcher does at its end to the launcher: its finalizers, and closing its log
    files, whose descriptors are somebody else's by then.
    """
    atexit._clear()
    logging._handlerList.clear()  # type: ignore[attr-defined] # what `logging.shutdown` closes
    weakref.finalize._registry.clear()  # type: ignore[attr-defined] # what it finalizes is not ours
    for ending in (weakref.finalize._exitfunc, logging.shutdown):  # type: ignore[attr-defined] # as above
        atexit.register(ending)


def _forget_signals() -> None:
    """Treat signals as a fresh program does: what was ignored before stays ignored."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _take_streams(writing: int) -> None:
    silence = os.open(os.devnull, os.O_RDONLY)
    os.dup2(silence, 0)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as below
    sys.stdout = _unbuffered(1)
    sys.stderr = _unbuffered(2)


def _unbuffered(descriptor: int) -> TextIO:
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _take_name(module: str, arguments: Sequence[str]) -> None:
    """Show what runs: in `ps`, and to a program that starts itself again."""
    sys.argv = [module, *arguments]
    sys.orig_argv = [sys.executable, "-m", module, *arguments]
    setproctitle(" ".join(sys.orig_argv))


def _ran(module: str, arguments: Sequence[str]) -> int:
    """Run the module to its end, as the interpreter would; give the exit code."""
    code = 0
    sys.modules.pop(module, None)  # it runs anew, and runpy would warn of what was loaded before
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        code = _code_of(ending.code)
    except BaseException:  # noqa: BLE001 - as the interpreter does: told, and the end
        traceback.print_exc()
        code = _ENDED_BY_AN_ERROR
    threading._shutdown()  # type: ignore[attr-defined] # waits for threads that are no daemons
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    return code


def _code_of(said: object) -> int:
    if said is None:
        return 0
    if isinstance(said, int):
        return said & 0xFF
    print(said, file=sys.stderr)
    return _ENDED_BY_AN_ERROR
