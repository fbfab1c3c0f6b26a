"""The event loop of a worker process, on which all its runs live.

A Celery task only knocks (`offer`) and returns. The loop claims what it has room for,
renews its leases, sweeps for runs that nobody holds, and hands everything back when the
process is asked to end.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID, uuid4

import redis.asyncio
import uvloop
from django.conf import settings
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from playground.db.outages import asked_again
from playground.db.redis import redis_on_loop
from playground.runs.errors import Unclaimed
from playground.runs.execution import lease
from playground.runs.execution.breakers import SHARE_SECONDS, Breakers
from playground.runs.execution.calls import Caller
from playground.runs.execution.carrier import Carrier, Tools
from playground.runs.execution.checkpoints import checkpoint
from playground.runs.execution.chores import every, quietly, steadily
from playground.runs.execution.keeping import KEEP_SECONDS, Keeper
from playground.runs.execution.requests import open_requests
from playground.runs.execution.turns.gates import Gates
from playground.runs.execution.voice import Mouth
from playground.runs.execution.writer import Writer
from playground.runs.hints import CANCEL_CHANNEL, REQUEST_CHANNEL
from playground.runs.queries import WORKER_FRESH_SECONDS, WORKERS_KEY

log = logging.getLogger(__name__)
Result = TypeVar("Result")
CHECKPOINT_SECONDS = 2.0


class Worker:
    """What one worker process carries. All methods but the first two run on its loop."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid4().hex[:8]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._stopping = asyncio.Event()
        self._carried: dict[UUID, tuple[Carrier, asyncio.Task[None]]] = {}
        self._claiming: set[UUID] = set()
        self._renewed_at = time.monotonic()
        self._keeper = Keeper()
        self._thread = threading.Thread(target=self._main, name="runs", daemon=True)

    def start(self) -> None:
        """Start the loop's thread and wait until it accepts runs."""
        self._thread.start()
        self._ready.wait(timeout=30)

    def offer(self, run_id: UUID) -> None:
        """From any thread: a run may be waiting. Cheap, repeatable, never blocks."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._try, run_id)

    def stop(self, patience: float = 8.0) -> None:
        """From any thread: carry nothing on, hand all leases back, end the loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=patience)

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        client = redis_on_loop()
        readers = ThreadPoolExecutor(2, thread_name_prefix="reader")
        gates = Gates(redis_on_loop(patient=False), worker=self.name)
        breakers = Breakers(client)
        self._tools = Tools(
            writer=Writer(),
            readers=readers,
            mouth=Mouth(client),
            caller=Caller(readers, gates, breakers),
            redis=client,
        )
        # Apart where it can be: no lease may run out behind a queue of writes.
        is_alone = connection.features.has_select_for_update_skip_locked
        self._renewer = Writer() if is_alone else self._tools.writer
        chores = [
            asyncio.create_task(chore)
            for chore in (
                steadily(self._tools.mouth.speak),
                steadily(self._listen),
                steadily(gates.listen),
                every(lease.RENEW_SECONDS, self._renew),
                # Apart: without Redis, leases are renewed all the same.
                every(lease.RENEW_SECONDS, functools.partial(self._show_life, gates)),
                every(lease.SWEEP_SECONDS, self._sweep, spread=0.2),
                every(SHARE_SECONDS, breakers.share),
                every(CHECKPOINT_SECONDS, self._checkpoint),
                every(KEEP_SECONDS, self._keep, spread=0.5),
                steadily(self._fence),
            )
        ]
        self._ready.set()
        await self._stopping.wait()
        await self._drain(chores)

    async def _drain(self, chores: list[asyncio.Task[Any]]) -> None:
        """Stop the calls, keep what they wrote, give the leases to whoever comes."""
        held = [
            (run_id, carrier.epoch) for run_id, (carrier, _) in self._carried.items()
        ]
        await quietly(self._tools.mouth.flush())
        await quietly(self._checkpoint())
        tasks = [task for _, task in self._carried.values()]
        for task in (*tasks, *chores):
            task.cancel()
        await asyncio.gather(*tasks, *chores, return_exceptions=True)
        await quietly(self._tools.writer.run(functools.partial(lease.hand_back, held)))
        await quietly(self._tools.redis.zrem(WORKERS_KEY, self.name))
        await quietly(self._tools.caller.close())
        await quietly(self._tools.redis.aclose())
        self._renewer.close()
        self._tools.writer.close()
        self._tools.readers.shutdown(wait=False)

    def _try(self, run_id: UUID) -> None:
        if self._stopping.is_set() or not self._has_room():
            return
        if run_id in self._carried or run_id in self._claiming:
            return
        self._claiming.add(run_id)
        task = asyncio.create_task(self._carry(run_id))
        task.add_done_callback(functools.partial(self._forget, run_id))

    def _has_room(self) -> bool:
        carried = len(self._carried) + len(self._claiming)
        return carried < settings.MOA_WORKER_RUNS

    async def _carry(self, run_id: UUID) -> None:
        try:
            job = functools.partial(lease.claim, run_id, worker=self.name)
            claim = await self._tools.writer.run(job)
        except Unclaimed:
            return
        finally:
            self._claiming.discard(run_id)
        carrier = Carrier(claim, self._tools)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are in one
        self._carried[run_id] = (carrier, task)
        await carrier.carry()

    def _forget(self, run_id: UUID, task: asyncio.Task[None]) -> None:
        carried = self._carried.pop(run_id, None)
        if not task.cancelled() and task.exception() is not None:
            # Errors stay with their run: its lease runs out and the run is taken up
            # again, at most MAX_RECOVERIES times.
            log.error("run %s broke its carrier", run_id, exc_info=task.exception())
        if carried is not None and not self._stopping.is_set():
            asyncio.get_running_loop().create_task(quietly(self._sweep()))

    async def _sweep(self) -> None:
        """Take up what nobody holds: forgotten wake-ups, workers that went away."""
        room = settings.MOA_WORKER_RUNS - len(self._carried) - len(self._claiming)
        if room <= 0:
            return
        for run_id in await self._read(functools.partial(_waiting, room)):
            self._try(run_id)

    async def _renew(self) -> None:
        async for attempt in asked_again():
            with attempt:
                await self._renew_once()

    async def _renew_once(self) -> None:
        held = {run_id: carrier for run_id, (carrier, _) in self._carried.items()}
        if not held:
            self._renewed_at = time.monotonic()
            return
        began = time.monotonic()
        epochs = {run_id: carrier.epoch for run_id, carrier in held.items()}
        job = functools.partial(lease.renew, epochs, worker=self.name)
        still = await self._renewer.run(job)
        self._renewed_at = began
        for run_id, carrier in held.items():
            if run_id not in still:
                self._drop(run_id)
            elif still[run_id]:
                carrier.ask_to_cancel()
        asked = await self._read(functools.partial(open_requests, tuple(held)))
        for run_id, wishes in asked.items():
            held[run_id].ask(wishes)

    async def _show_life(self, gates: Gates) -> None:
        seconds, _ = await self._tools.redis.time()
        await self._tools.redis.zadd(WORKERS_KEY, {self.name: seconds})
        await self._tools.redis.zremrangebyscore(WORKERS_KEY, 0, seconds - 3600)
        fresh = seconds - WORKER_FRESH_SECONDS
        gates.count(await self._tools.redis.zcount(WORKERS_KEY, fresh, "+inf"))

    async def _fence(self) -> None:
        """Stop all calls when no lease could be renewed: another worker may have them."""
        while True:
            await asyncio.sleep(0.5)
            if (
                time.monotonic() - self._renewed_at > lease.FENCE_SECONDS
                and self._carried
            ):
                log.error("no lease renewed for %s s: letting go", lease.FENCE_SECONDS)
                for run_id in tuple(self._carried):
                    self._drop(run_id)

    def _drop(self, run_id: UUID) -> None:
        carried = self._carried.get(run_id)
        if carried is not None:
            carried[1].cancel()

    async def _keep(self) -> None:
        await self._keeper.keep(self._tools.writer)

    async def _checkpoint(self) -> None:
        voices = [
            (run_id, carrier.voice) for run_id, (carrier, _) in self._carried.items()
        ]
        await checkpoint(voices, writer=self._tools.writer)

    async def _listen(self) -> None:
        """Hear at once what people want; the renewals would tell within seconds."""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError):
                await asyncio.sleep(1)

    async def _hear(self) -> None:
        subscription: redis.asyncio.client.PubSub = self._tools.redis.pubsub()
        async with subscription:
            await subscription.subscribe(CANCEL_CHANNEL, REQUEST_CHANNEL)
            async for message in subscription.listen():
                if message["type"] == "message":
                    channel = message["channel"].decode()
                    await self._take_hint(channel, UUID(message["data"].decode()))

    async def _take_hint(self, channel: str, run_id: UUID) -> None:
        carried = self._carried.get(run_id)
        if carried is None:
            return
        if channel == CANCEL_CHANNEL:
            carried[0].ask_to_cancel()
        else:
            await quietly(carried[0].ask_anew())

    async def _read(self, job: Callable[[], Result]) -> Result:
        def fresh() -> Result:
            close_old_connections()
            return job()

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._tools.readers, fresh)


def _waiting(limit: int) -> list[UUID]:
    return list(lease.claimable().values_list("id", flat=True)[:limit])


@functools.cache
def worker() -> Worker:
    """This process's worker, started at first use."""
    started = Worker()
    started.start()
    return started
