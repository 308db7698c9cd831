"""Runs the ingestions of Interop from Apache Airflow (2.9 or later), instead of the schedules of Interop itself.

Each task starts a run (POST /ingest/TYPE, answered at once) and asks for its state (GET /runs/{id}) until it has ended. The run's record
names the DAG, the task and the DAG run (details.run_meta), and the attempt: a retry shows the status RETRYING while it runs.

Connection `interop` (type HTTP): host and schema of the front end, for example https://interop.example.org; the API key in the password.
Variable `interop_source`: the source of the settings to ingest; absent: `default`.
Leave Schedules__*__Enabled off for the jobs that run from here: a run of the same source and type that is active is answered with 409, and
the task then follows that run.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException
from airflow.hooks.base import BaseHook
from airflow.models import Variable
from airflow.operators.python import get_current_context

POLL_SECONDS = 10
REQUEST_TIMEOUT_SECONDS = 60
# A front end that restarts, or a silo that fails, is back within this time.
PATIENCE_SECONDS = 180
ACTIVE = ("RUNNING", "RETRYING")


def call(method: str, path: str) -> tuple[int, dict]:
    """One request to the front end; an error status is returned with its problem document."""
    connection = BaseHook.get_connection("interop")
    base = f"{connection.schema or 'http'}://{connection.host}" + (f":{connection.port}" if connection.port else "")
    headers = {"Prefer": "respond-async", "Accept": "application/json"}
    if connection.password:
        headers["X-Api-Key"] = connection.password
    request = urllib.request.Request(base + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def start(path: str, query: dict[str, object]) -> int:
    """Starts the run and returns its id."""
    status, body = call("POST", f"/ingest/{path}?{urllib.parse.urlencode(query)}")
    if status in (200, 202) or (status == 409 and "run_id" in body):
        return body["run_id"]
    detail = body.get("detail", body)
    if status in (400, 401, 403, 404):
        raise AirflowFailException(f"POST /ingest/{path}: {status} {detail}")  # a retry would not help
    raise AirflowException(f"POST /ingest/{path}: {status} {detail}")


def wait(run_id: int) -> dict:
    """Asks for the run until it has ended."""
    last_answer = time.monotonic()
    while True:
        try:
            status, run = call("GET", f"/runs/{run_id}")
        except OSError as error:
            status, run = 0, {"detail": str(error)}
        if status == 200:
            last_answer = time.monotonic()
            if run["status"] not in ACTIVE:
                return run
        elif status == 404 or time.monotonic() - last_answer > PATIENCE_SECONDS:
            raise AirflowException(f"GET /runs/{run_id}: {status} {run.get('detail', run)}")
        time.sleep(POLL_SECONDS)


@task(retries=2, retry_delay=timedelta(minutes=5))
def ingest(path: str) -> dict:
    """Ingests one type; fails when the run does."""
    context = get_current_context()
    instance = context["ti"]
    run_id = start(
        path,
        {
            "source": Variable.get("interop_source", default_var="default"),
            "job": path.replace("/", "-"),
            "trigger": "airflow",
            "attempt": instance.try_number,
            "max_attempts": instance.max_tries + 1,
            "airflow_dag_id": instance.dag_id,
            "airflow_task_id": instance.task_id,
            "airflow_run_id": context["run_id"],
        },
    )
    run = wait(run_id)
    if run["status"] != "SUCCESS":
        raise AirflowException(f"Run {run_id} ended {run['status']}: {run['details'].get('error')}")
    return {"run_id": run_id, **run["counters"]}


@dag(schedule="0 * * * *", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1, tags=["interop"])
def interop_ingestion():
    """Patients first: observations of unknown patients would become dead letters."""
    patients = ingest.override(task_id="patients")("patients")
    for path in ("observations", "encounters", "conditions"):
        patients >> ingest.override(task_id=path)(path)


@dag(schedule="30 2 * * *", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1, tags=["interop"])
def interop_backfill():
    """Observations with their missing patients, at night."""
    ingest.override(task_id="backfill")("observations/backfill")


interop_ingestion()
interop_backfill()
