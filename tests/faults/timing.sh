#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timing.sh BUILDDIR [ROUNDS]: whether a refusal's cost says why it is one.
# The instructions of the agent's answer_question(), by callgrind, differ by
# less than 0.5 % between the cases of timing.c.  With ROUNDS, as many are
# timed too: the medians differ by less than 200 ns.
#
# How deep LMDB searches depends on the token, which is drawn at random: the
# mean of 100 tokens is off by 0.1 %, that of the whole pool by 0.03 %.

build=$(cd "${1:?usage: timing.sh BUILDDIR [ROUNDS]}" && pwd) || exit 2
rounds=${2-}
counted=1024	# the POOL of timing.c
passed=0
failed=0

# check WHAT COMMAND...
check()
{
	local what=$1
	shift

	if "$@"; then
		echo "timing: $what"
		passed=$((passed + 1))
	else
		echo "FAILED: timing: $what" >&2
		failed=$((failed + 1))
	fi
}

# A line for each case: instructions, and its name.
count_instructions()
{
	valgrind --tool=callgrind --callgrind-out-file="$work/out" \
	    --toggle-collect='count_*' "$build/tests/faults/timing" $counted \
	    >"$work/log" 2>&1 &&
	callgrind_annotate --inclusive=yes --threshold=100 "$work/out" \
	    2>/dev/null | sed -n \
	    's/^ *\([0-9,]*\) .*timing\.c:count_\([a-z_]*\).*/\1 \2/p' |
	    tr -d , >"$work/counts" &&
	test "$(wc -l <"$work/counts")" -eq 5
}

# At most so far apart, the first made so much more costly than it is.
# within PER_MILLE MORE_PER_MILLE
within()
{
	awk -v most="$1" -v more="$2" -v counted="$counted" '
		{ count = $1 + (NR == 1 ? $1 * more / 1000 : 0)
		  if (NR == 1 || count < least) least = count
		  if (count > greatest) greatest = count
		  printf "timing: %d instructions for %s\n", $1 / counted, $2 }
		END {
			printf "timing: they differ by %.2f %%\n",
			    (greatest - least) / least * 100
			exit (greatest - least) / least * 1000 > most
		}' "$work/counts"
}

differs()
{
	! within 5 "$1" >/dev/null
}

medians_are_near()
{
	"$build/tests/faults/timing" "$rounds" | tee "$work/medians" &&
	awk '$1 == "timing:" && $2 == "median" {
			if (!least || $3 < least) least = $3
			if ($3 > greatest) greatest = $3
			n++
		}
		END { exit n != 5 || greatest - least > 200 }' "$work/medians"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
check "refusals are counted" count_instructions
check "they cost the same, whatever for" within 5 0
check "that one costs a hundredth more is seen" differs 11
test -z "$rounds" ||
    check "their medians over $rounds are the same" medians_are_near
echo "timing: $passed passed, $failed failed"
test $failed -eq 0
