#!/usr/bin/env python3
"""Checks schemas/metric-event.v1.schema.json against the same table of cases as the decoder's unit test.

Cases marked "schema_expressible": false follow rules that no JSON Schema can say (see the schema's description).
"""

import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def well_formed(record):
    """The record's JSON value and True, or None and False."""
    try:
        value = json.loads(record, parse_constant=refuse_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no character
        return value, True
    except ValueError:
        return None, False


def main():
    schema = json.loads((SCHEMAS / "metric-event.v1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    cases = json.loads((SCHEMAS / "golden" / "events.json").read_text(encoding="utf-8"))
    checked = 0
    wrong = []
    for case in cases:
        if not case.get("schema_expressible", True):
            continue
        checked += 1
        value, is_json = well_formed(case["record"])
        accepted = is_json and validator.is_valid(value)
        if accepted != ("event" in case):
            wrong.append(f"{case['record'][:100]}: the schema {'accepts' if accepted else 'refuses'} it, "
                         f"the decoder says {case.get('reason', 'accepted')}")
    for example in schema["examples"]:
        validator.validate(example)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{checked} of {len(cases)} cases are expressible in the schema; {len(wrong)} differ")
    return 1 if wrong or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
