"""A client of Beacon Runner with nothing but Python 3: submits a JobSpec, waits for its end, and prints its cells.

    python3 docs/client.py job.json

BEACON_URL is http://127.0.0.1:8080 unless it is set, and BEACON_KEY is sent if it is. Ends with 0 if the job completed.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("BEACON_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("BEACON_KEY")


def call(method, path, body=None, headers=None):
    """Returns the answer's JSON. A 429 and a 503 are asked again when the service says so, with the same key."""
    request = urllib.request.Request(URL + path, body, {"Content-Type": "application/json", **(headers or {})}, method=method)
    if KEY:
        request.add_header("Authorization", "Bearer " + KEY)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code not in (429, 503):
                problem = json.load(refused)
                faults = [f"  {fault.get('pointer', fault.get('parameter'))}: {fault['detail']}" for fault in problem.get("errors", [])]
                sys.exit("\n".join([f"{refused.code}: {problem['detail']}", *faults]))
            time.sleep(int(refused.headers.get("Retry-After", 1)))


def cells_of(job_id):
    cursor = ""
    while cursor is not None:
        page = call("GET", f"/api/v1/jobs/{job_id}/executions?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        yield from page["executions"]
        cursor = page["next_cursor"]


def main():
    with open(sys.argv[1], "rb") as spec:
        job = call("POST", "/api/v1/jobs", spec.read(), {"Idempotency-Key": str(uuid.uuid4())})
    while job["status"] in ("queued", "running"):
        time.sleep(1)
        job = call("GET", f"/api/v1/jobs/{job['id']}")
    for cell in cells_of(job["id"]):
        said = [answer.get("response") or "" for answer in cell["answers"]] or [cell["error"] and cell["error"]["message"]]
        print(f"{cell['region']}  {cell['model_id']}  {cell['status']}  {said[-1]}")
    print(f"{job['id']} is {job['status']}; {job['duplicates']['detected']} duplicates were stopped")
    sys.exit(0 if job["status"] == "completed" else 1)


if __name__ == "__main__":
    main()
