"""Hooks of Schemathesis: ids that exist, nothing that leaves this machine, and one more check."""

import atexit
import json
import os
import random
import threading

import schemathesis

with open(os.environ["LARDER_FACTS"], encoding="utf-8") as file:
    FACTS = json.load(file)

PROJECT = FACTS["project_id"]
# Which statuses each code may come with, as the documentation has them.
STATUSES = FACTS["statuses"]
# Several ids of each kind; what is deleted here is missed nowhere.
IDS = FACTS["ids"]

choice = random.Random(int(os.environ.get("LARDER_SEED", "1")))
counted = {"requests": 0, "statuses": {}, "codes": {}}
lock = threading.Lock()


def known(name, given):
    """An id that exists, most of the time."""
    if name in IDS and choice.random() < 0.7:
        return choice.choice(IDS[name])
    return given


def put_ids(value):
    if isinstance(value, dict):
        return {key: known(key, put_ids(part)) for key, part in value.items()}
    if isinstance(value, list):
        return [put_ids(part) for part in value]
    return value


@schemathesis.hook
def before_call(context, case, kwargs):
    path = dict(case.path_parameters or {})
    for name in path:
        if name == "project_id":
            if choice.random() < 0.95:
                path[name] = PROJECT
        else:
            path[name] = known(name, path[name])
    # Who sends all this must remain who it is, or the rest would be refused at the door.
    if case.method.upper() not in ("GET", "HEAD", "OPTIONS"):
        for name, value in path.items():
            if name != "project_id" and value in FACTS["kept"]:
                path[name] = "0" * 32
    case.path_parameters = path
    if case.query:
        query = dict(case.query)
        for name in query:
            if name in ("id", "marker"):
                query[name] = known("job_id" if name == "id" else "backup_id", query[name])
            else:
                query[name] = known(name, query[name])
        case.query = query
    if isinstance(case.body, dict):
        case.body = put_ids(case.body)


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        counted["requests"] += 1
        status = str(response.status_code)
        counted["statuses"][status] = counted["statuses"].get(status, 0) + 1
        code = code_of(response)
        if code is not None:
            counted["codes"][code] = counted["codes"].get(code, 0) + 1
        if counted["requests"] % 100 == 0:
            write()


def write():
    with open(os.environ["LARDER_COUNTS"], "w", encoding="utf-8") as file:
        json.dump(counted, file)


atexit.register(write)


def code_of(response):
    try:
        body = response.json()
    except ValueError:
        return None
    return body.get("error_code") if isinstance(body, dict) else None


@schemathesis.check
def documented_refusal(ctx, response, case):
    """Every refusal has one of the two documented bodies, its code the documented status, and a request id in the header."""
    assert response.headers.get("x-request-id"), "no X-Request-Id"
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return None
    body = response.json()
    if "error" in body:
        assert body["error"]["code"] == response.status_code, body
    else:
        statuses = STATUSES.get(body["error_code"], [])
        assert response.status_code in statuses, f"{response.status_code} {body['error_code']} is not documented"
    return None
