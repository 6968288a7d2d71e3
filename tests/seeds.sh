#!/bin/sh
# Each fuzz target over what fuzzing begins with: golden inputs, samples of the
# rules, and every input that once broke it. Prints TAP.

set -u
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
python3 "$SOURCE"/tests/fuzz/seeds.py "$seeds" || exit 1

targets="header line stream rules scanner csv jsonl journal list reply"
echo 1..10
number=0
failed=0
for target in $targets; do
    number=$((number + 1))
    count=$(find "$seeds/$target" -type f 2>/dev/null | wc -l)
    if [ "$count" -gt 0 ] && find "$seeds/$target" -type f -exec \
        "$BUILD/tests/fuzz/${target}_fuzz" {} + >"$seeds/out" 2>&1; then
        echo "ok $number - $target: $count seeds"
    else
        tail -n 30 "$seeds/out" | sed 's/^/# /'
        echo "not ok $number - $target: $count seeds"
        failed=1
    fi
done
exit "$failed"
