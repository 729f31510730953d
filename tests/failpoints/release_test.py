#!/usr/bin/python3
"""The odometer that is delivered has no failpoints. Its arguments: that one, and the odometer that has them."""

import sys

from failpoints_test import STEPS


def found(names, path):
    with open(path, "rb") as file:
        binary = file.read()
    return [name for name in names if name.encode() in binary]


def main():
    delivered, tested = sys.argv[1:]
    names = ["FAILPOINTS", *STEPS]
    assert found(names, tested) == names, found(names, tested)
    assert not found(names, delivered), found(names, delivered)
    print(f"none of {len(names)} names is in {delivered}")


if __name__ == "__main__":
    sys.exit(main())
