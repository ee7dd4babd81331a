"""The process that speaks with a Ray cluster for the one that adds: Ray's failures end here.

In its own process Ray prints to standard output, takes over signals, and ends the whole process
where the cluster is lost (seen with 2.60); a page must survive that. Asks and answers cross a
socket, pickled; both ends are ours.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any

from corpus.telemetry import silence
from index.ray_task import prepare

# Seconds: between two looks for new requests, between two counts of the workers, for bringing here
# a result that is ready.
_LOOK, _COUNT, _FETCH = 0.1, 1.0, 120.0
# How often a connection is tried where the head could not start the server of a client, in Ray's
# words: under load its fork dies now and then (one in ten, at a load of 9 on two processors).
_CONNECTIONS = 5
_NO_SERVER = "Initialization failure from server"


@dataclass
class _Driver:
    """The tasks that are out, each with the key by which the other process knows its file."""

    connection: Connection
    ray: Any
    # By the reference to a result: the key, and the reference that keeps the bytes sent.
    out: dict[Any, tuple[int, Any]] = field(default_factory=dict)
    counted: float = 0.0
    asked: SimpleQueue[tuple[int, Any, bytes] | None] = field(default_factory=SimpleQueue)

    def listen(self) -> None:
        """Take in requests until the other process is gone: it must not wait while we send."""
        try:
            while True:
                self.asked.put(self.connection.recv())
        except (EOFError, OSError):
            self.asked.put(None)

    def serve(self) -> None:
        """Send tasks out and results back until the other process is gone."""
        # Retries are the other process's: it knows which file was lost how often. Spread, since
        # packed onto few machines the others would idle.
        task = self.ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(prepare)
        threading.Thread(target=self.listen, daemon=True).start()
        while True:
            while (asked := self._next()) is not None:
                key, request, data = asked
                kept = self.ray.put(data)
                self.out[task.remote(request, kept)] = key, kept
            if self.out:
                ready, _ = self.ray.wait(list(self.out), timeout=_LOOK)
                for reference in ready:
                    self._give_back(reference)
            if time.monotonic() - self.counted > _COUNT:
                self.counted = time.monotonic()
                workers = int(self.ray.cluster_resources().get("CPU", 0))
                self.connection.send(("workers", workers))

    def _next(self) -> tuple[int, Any, bytes] | None:
        """Return a request, None where there is none now; raises EOFError at the end."""
        try:
            asked = self.asked.get(block=not self.out, timeout=_LOOK)
        except Empty:
            return None
        if asked is None:
            raise EOFError
        return asked

    def _give_back(self, reference: Any) -> None:
        key, _ = self.out.pop(reference)
        errors = self.ray.exceptions
        try:
            result = self.ray.get(reference, timeout=_FETCH)
        except errors.OutOfMemoryError:
            self.connection.send(("lost", key, "memory"))
        except errors.WorkerCrashedError:
            self.connection.send(("lost", key, "crashed"))
        except (errors.RayTaskError, RuntimeError) as error:
            # What the task itself raises, or its import.
            cause = getattr(error, "cause", None) or error
            missing = isinstance(cause, ImportError) or "failed to import" in str(error)
            said = f"{type(cause).__name__}: {cause}".strip().splitlines()[-1]
            self.connection.send(("failed", "no_program" if missing else "task", said))
        except errors.RayError:
            self.connection.send(("lost", key, "gone"))
        else:
            self.connection.send(("done", key, result))


def _connect(ray: Any, address: str) -> tuple[str, str]:
    """Connect to a cluster; return why that cannot be done, as a code and in Ray's words."""
    for tries in range(_CONNECTIONS):
        try:
            ray.init(address, namespace="briefing", log_to_driver=False)
        except Exception as error:  # noqa: BLE001  # reason: Ray raises bare RuntimeError and OSError too
            said = str(error).strip()
            if _NO_SERVER not in said or tries == _CONNECTIONS - 1:
                mismatch = "ersion mismatch" in said
                return "version" if mismatch else "unreachable", said[-300:]
            time.sleep(_COUNT)
        else:
            break
    return "", ""


def main(descriptor: int, address: str) -> None:
    """Serve the process at the other end of the socket `descriptor`; tells it why not."""
    connection = Connection(descriptor)
    # Ray and its libraries may print whatever they like.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    silence()
    try:
        import ray
    except ImportError:
        connection.send(("failed", "missing", ""))
        return
    failed, said = _connect(ray, address)
    if failed:
        connection.send(("failed", failed, said))
        return
    try:
        _Driver(connection, ray).serve()
    except EOFError:
        # The process that adds is done, or was ended.
        ray.shutdown()
    except Exception as error:  # noqa: BLE001  # reason: a connection to a cluster breaks in many ways
        connection.send(("failed", "lost", f"{type(error).__name__}: {error}"[:300]))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
