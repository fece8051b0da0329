#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# bench.sh BUILD RESULTS [GROUP...]: measures what is in the folder BUILD
# beside its floors and its peers, and leaves a table, a plot and all numbers
# in the folder RESULTS.  Groups are the files of tests/bench/rows; without
# any, all of them.  docs/performance.md says how to read it.
#
# Run as root.  It installs nothing and changes nothing on the outside: see
# tests/bench/stage.sh.  The packages of the peers are packages_bench in
# tools/packages.sh.  From the environment, with what is usual:
#
#	BENCH_SCALE	full (quick: does every row with small numbers)
#	BENCH_TOKENS	10000000 (quick: 100000)
#	BENCH_ROUNDS	5 (quick: 1)
#	BENCH_SECONDS	1.5, of one measurement (quick: 0.3)
#	BENCH_TRIES	3 (quick: 1), while the machine is busy with other things
#	BENCH_KEEP	empty; 1: use the stores that an earlier run made

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
bench=$top/tests/bench
export LC_ALL=C.UTF-8
scale=${BENCH_SCALE:-full}
case $scale in
full) usual='10000000 5 1.5 3' ;;
quick) usual='100000 1 0.3 1' ;;
*)
	echo "bench.sh: BENCH_SCALE is full or quick" >&2
	exit 2
	;;
esac
read -r tokens rounds seconds tries <<<"$usual"
tokens=${BENCH_TOKENS:-$tokens}
rounds=${BENCH_ROUNDS:-$rounds}
seconds=${BENCH_SECONDS:-$seconds}
# For the load generators.
export BENCH_TRIES=${BENCH_TRIES:-$tries}

# shellcheck source=tests/bench/stage.sh
. "$bench/stage.sh"
# shellcheck source=tests/bench/measure.sh
. "$bench/measure.sh"

if test $# -lt 2; then
	echo "usage: bench.sh BUILD RESULTS [GROUP...]" >&2
	exit 2
fi
stage_enter "$0" "$@"
build=$(cd "$1" && pwd) || exit 2
results=$(cd "$2" && pwd) || exit 2
shift 2
if test $# -eq 0; then
	mapfile -t all <<<"$(groups_all)"
	set -- "${all[@]}"
fi
# Not in a function: what they declare would be local to it.
for group in "$@"; do
	if ! test -r "$bench/rows/$group.sh"; then
		echo "bench.sh: there is no group $group" >&2
		exit 2
	fi
	# shellcheck source=/dev/null
	. "$bench/rows/$group.sh"
done
# Read whole before it runs, which takes long: the file may change meanwhile.
{
	stage_set || exit 2
	groups_run "$@"
	report
	agents_stop
	exit
}
