#!/bin/sh
# The samples below each built-in rule. Prints TAP.

echo 1..1
if said=$("$BUILD"/tests/rules_check 2>&1); then
    echo "ok 1 - samples of the built-in rules: $said"
else
    echo "# $said"
    echo "not ok 1 - samples of the built-in rules"
    exit 1
fi
