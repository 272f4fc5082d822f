"""Starts everything on one machine: database, migrations, demo, web and worker. `python run.py`.

`flask --app run <command>` finds the application here too. Ctrl-C ends all of it; the data stay.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import typing
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

import app
import config as settings
from app.core import postgres

ROOT = Path(__file__).resolve().parent
HOST = "127.0.0.1"


def main() -> int:
    """Run until told to stop; the exit code."""
    port = os.environ.get("PORT", "8080")
    env = dict(os.environ)
    env.setdefault("QINGQIAN_MODE", "local" if env.get("DEMO", "1") == "0" else "demo")
    env.setdefault("QINGQIAN_BASE_URL", f"http://{HOST}:{port}")
    try:
        config = settings.load(env)
    except settings.BadSettings as problem:
        tell(problem)
        return settings.WRONG
    folder = postgres.data_folder(config.folder)
    if not config.database_url:
        print("starting the embedded PostgreSQL …", flush=True)
        env["DATABASE_URL"] = postgres.start(folder)
    supervisor = Supervisor(env)
    try:
        return supervisor.run(port)
    finally:
        supervisor.stop()
        postgres.stop(folder)


def create_app() -> typing.Any:
    """The application for `flask` and gunicorn: where a setting is wrong all are told, and it ends."""
    try:
        return app.create_app()
    except settings.BadSettings as problem:
        tell(problem)
        raise SystemExit(settings.WRONG) from None


def tell(problem: settings.BadSettings) -> None:
    """Say everything that is wrong, a line each."""
    lines = "\n".join(f"  - {line}" for line in problem.problems)
    print(f"Qingqian does not start:\n{lines}", file=sys.stderr)


class Supervisor:
    """Keeps web and worker running; one that dies is started again."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, list[str]] = {}
        self.stopping = False

    def run(self, port: str) -> int:
        """Release, start both, wait for the end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        flask = [sys.executable, "-m", "flask", "--app", "run"]
        if self._child([*flask, "release"]).wait() != 0 or self.stopping:
            return 1
        self.commands = {"web": web_command(port, self.env), "worker": [*flask, "worker"]}
        for name in self.commands:
            self._start(name)
        self._greet(port)
        return self._watch()

    def _greet(self, port: str) -> None:
        """Say where it is, once it answers."""
        address = f"http://{HOST}:{port}"
        until = time.monotonic() + 60
        while time.monotonic() < until and not self.stopping and not answers(f"{address}/healthz"):
            time.sleep(0.3)
        if not self.stopping:
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "run", "greeting", address],
                env=self.env,
                cwd=ROOT,
                check=False,
            )

    def _watch(self) -> int:
        """Start again what dies, unless its settings are wrong; the exit code."""
        born: dict[str, float] = {name: time.monotonic() for name in self.running}
        while not self.stopping:
            for name, process in list(self.running.items()):
                if process.poll() == settings.WRONG:
                    return settings.WRONG
                if process.poll() is not None and not self.stopping:
                    print(f"{name} ended with {process.returncode}: starting it again", flush=True)
                    time.sleep(1 if time.monotonic() - born[name] > 10 else 5)
                    born[name] = time.monotonic()
                    self._start(name)
            time.sleep(0.5)
        return 0

    def _start(self, name: str) -> None:
        self.running[name] = self._child(self.commands[name])

    def _child(self, command: list[str]) -> subprocess.Popen[bytes]:
        # a session of its own: Ctrl-C reaches this process only, which ends the others in order
        return subprocess.Popen(command, env=self.env, cwd=ROOT, start_new_session=os.name != "nt")

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def stop(self) -> None:
        """End web and worker and wait for them; what will not end is killed."""
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + 25
        for process in self.running.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def answers(address: str) -> bool:
    """Whether the web server answers at all (a 503 is an answer)."""
    try:
        urllib.request.urlopen(address, timeout=2).close()  # noqa: S310 (our own address)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def web_command(port: str, env: dict[str, str]) -> list[str]:
    """Gunicorn where it runs, waitress on Windows."""
    if os.name == "nt":
        return [
            sys.executable,
            "-m",
            "waitress",
            f"--listen={HOST}:{port}",
            "--call",
            "run:create_app",
        ]
    processes = env.get("QINGQIAN_WEB_PROCESSES", "2")
    threads = env.get("QINGQIAN_WEB_THREADS", "2")
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "run:create_app()",
        "--bind",
        f"{HOST}:{port}",
        "--preload",
        "--worker-class",
        "app.core.patience.PatientWorker",
        "--limit-request-line",
        "8190",
        "--workers",
        processes,
        "--threads",
        threads,
        "--timeout",
        "60",
        "--graceful-timeout",
        "20",
        "--max-requests",
        "20000",
        "--max-requests-jitter",
        "2000",
        "--log-level",
        "warning",
    ]


if __name__ == "__main__":
    sys.exit(main())
