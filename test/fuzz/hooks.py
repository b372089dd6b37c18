"""Each request of the fuzz comes from the next of a few logins (FUZZ_TOKENS), so that every one meets every operation."""

import itertools
import os

import schemathesis

TOKENS = itertools.cycle(os.environ["FUZZ_TOKENS"].split(","))


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {next(TOKENS)}"}
