"""What every script of a client does with its steps: one line of JSON for each, and an end with 1 at the first that is not as expected."""

import json
import sys


class Deviation(Exception):
    """An answer that is not the expected one."""


def report(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


def expect(condition, message):
    if not condition:
        raise Deviation(message)


def run_steps(steps, refusals, **facts):
    """Calls `steps`, and reports `done` with `facts`; a deviation, or what the SDK throws (`refusals`), is reported and ends it with 1."""
    try:
        steps()
    except (Deviation, refusals) as error:
        report("deviation", error=str(error))
        sys.exit(1)
    report("done", **facts)
