"""Ctrl-C, let through between two frames only.

PyAV reads and writes files by functions that C calls back. An exception that is no `Exception`, as
KeyboardInterrupt is, is lost there, and with it what was being read or written: Ctrl-C would end
nothing, and leave a broken file that looks whole.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back within ``with``; what is given lets it through, as does the end.

    A second Ctrl-C goes through at once, for who finds a frame too long. In another than the main
    thread, which Ctrl-C never reaches, nothing is done.

    Raises:
        KeyboardInterrupt: or what else the handler that was there raises.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    waiting: list[FrameType | None] = []

    def hold(number: int, frame: FrameType | None) -> None:
        waiting.append(frame)
        if len(waiting) > 1:
            handler(number, frame)

    def let_through() -> None:
        if waiting:
            frame = waiting[0]
            waiting.clear()
            handler(signal.SIGINT, frame)

    signal.signal(signal.SIGINT, hold)
    try:
        yield let_through
    finally:
        signal.signal(signal.SIGINT, handler)
    let_through()
