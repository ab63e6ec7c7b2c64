"""Start a command, end it after its time, and write what it used.

Run as a script by a process that measures others: ``python -S -E launcher.py SECONDS REPORT
COMMAND``. It imports next to nothing, because a process inherits the peak memory of the one that
started it.
"""

import json
import os
import signal
import sys
import time

BEGAN = "PSE_OPT_BENCH_BEGAN"
PAUSE = 0.005


def main(seconds: float, report: str, command: list[str]) -> None:
    """Run the command; stdin, stdout and stderr are handed on."""
    began = time.perf_counter()
    os.environ[BEGAN] = repr(time.time())
    child = os.fork()
    if child == 0:
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    late = False
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if not late and time.perf_counter() - began > seconds:
            late = True
            os.kill(child, signal.SIGKILL)
        time.sleep(PAUSE)
    found = {
        "code": None if late else os.waitstatus_to_exitcode(status),
        "wall": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3),
    }
    with open(report, "w", encoding="utf-8") as stream:  # noqa: PTH123 - pathlib would cost memory
        json.dump(found, stream)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
