#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# fuzz.sh BUILDDIR SECONDS: replays the corpus of each fuzzer and then lets it
# go on for a while, as many at a time as there are processors.  BUILDDIR was
# configured with CC=clang --enable-fuzzing; where it was not, a copy of the
# sources is, in its folder build-fuzz.  A finding stays there, beside its
# fuzzer.

build=$(cd "${1:?usage: fuzz.sh BUILDDIR SECONDS}" && pwd) || exit 2
export seconds=${2:?usage: fuzz.sh BUILDDIR SECONDS}
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
export corpus=$top/tests/fuzz/corpus
jobs=$(nproc)

# shellcheck source=tools/snapshot.sh
. "$top/tools/snapshot.sh"

make_fuzzers()
{
	if ! grep -q 'enable-fuzzing' "$build/config.log"; then
		build=$build/build-fuzz
		snapshot_make "$top" "$build" && cd "$build" || return
		test -e Makefile ||
		    ./configure --quiet CC=clang --enable-fuzzing || return
	fi
	cd "$build" && make -j"$jobs" fuzzers
}

# What one tried and found, in a line.  What is new goes into a folder of its
# own and is not kept.
# shellcheck disable=SC2016
one='
	name=${1##*/fuzz_}
	rm -rf "$1.new" && mkdir "$1.new" || exit
	if ! test -d "$corpus/$name"; then
		echo "0 1 $name: it has no corpus"
		exit
	fi
	"$1" -max_total_time="$seconds" -artifact_prefix="$1-" \
	    -close_fd_mask=3 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
	    "$1.new" "$corpus/$name" >"$1.out" 2>&1 && result="1 0" ||
	    result="0 1"
	rm -rf "$1.new"
	echo "$result $name: $(sed -n \
	    "s/^stat::number_of_executed_units: *//p" "$1.out") executions"
	test "$result" = "1 0" || tail -n 30 "$1.out" >&2'

log=$build/fuzz.log
make_fuzzers >"$log" 2>&1 || {
	tail -n 20 "$log" >&2
	echo "fuzz: 0 passed, 1 failed"
	exit 1
}
find "$build/tests/fuzz" -type f -name 'fuzz_*' ! -name '*.*' -perm /100 \
    -print0 | sort -z |
    xargs -0 -P "$jobs" -I '{}' sh -c "$one" sh '{}' |
    awk '
	{ passed += $1; failed += $2; sub(/^[01] [01] /, "fuzz: "); print }
	END {
		printf "fuzz: %d passed, %d failed\n", passed, failed
		exit failed > 0 || passed == 0
	}'
