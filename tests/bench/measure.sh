# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# How it is measured: sourced by bench.sh.
#
# A group of rows is a file tests/bench/rows/GROUP.sh with functions
#
#	prepare_GROUP		once, before all rounds; may be missing
#	measure_GROUP ROUND	once a round
#
# that call load() and measured().  In each round every group has its turn.

groups_all()
{
	awk -F'\t' '!/^#/ && NF && !seen[$2]++ { print $2 }' "$bench/rows.tsv"
}

groups_run()
{
	local group round

	: >"$results/results.tsv"
	: >"$results/loads.tsv"
	: >"$results/more.md"
	for group in "$@"; do
		! declare -F "prepare_$group" >/dev/null ||
			timed "preparing $group" "prepare_$group" ||
			missing "$group" "it could not be prepared"
	done
	for round in $(seq "$rounds"); do
		logs_empty
		for group in "$@"; do
			is_missing "$group" || timed \
			    "round $round of $rounds: $group" \
			    "measure_$group" "$round"
		done
	done
}

# Agents log each login: what they said in the last round is enough.
logs_empty()
{
	local log

	for log in "$results"/log/agent-*; do
		test ! -s "$log" || : >"$log"
	done
}

# timed WHAT COMMAND...
timed()
{
	local what=$1 began=$SECONDS status
	shift

	"$@"
	status=$?
	echo "$what: $((SECONDS - began)) s" >&2
	return $status
}

# A group, or a peer, that is left out, and why.  missing NAME WHY
declare -A left_out
missing()
{
	left_out[$1]=$2
	echo "$1 is left out: $2" >&2
}

is_missing()
{
	test -n "${left_out[$1]-}"
}

# Whether the machine has a program or a PAM module; a peer that needs it is
# left out otherwise.  peer_has PEER PACKAGE PROGRAM|MODULE
peer_has()
{
	command -v "$3" >/dev/null || test -e "$pam_modules/$3" ||
		{ missing "$1" "the package $2 is not installed"; return 1; }
}

# Runs a load generator; figure() reads its lines.
# load_run TITLE PROGRAM ARGUMENT...
load_run()
{
	local title=$1 program=$2
	shift 2

	last=$("$bin/$program" "$@" </dev/null) && return
	echo "! $title: $program $*" >&2
	printf '%s\n' "$last" >&2
	return 1
}

# Keeps its lines for the report.  load_keep ROUND TITLE
load_keep()
{
	printf '%s\n' "$last" |
	    awk -v OFS='\t' -v r="$1" -v t="$2" 'NF { print t, r, $0 }' \
	    >>"$results/loads.tsv"
}

# Both.  Fails, and keeps nothing, where anything ended otherwise than expected.
# load ROUND TITLE PROGRAM ARGUMENT...
load()
{
	if load_run "${@:2}"; then
		load_keep "$1" "$2"
	else
		last=
		return 1
	fi
}

# A figure of the last load: ops, rate, p50, p99, max, cpu, daemon, noise or bad.
# figure NAME LABEL
figure()
{
	printf '%s\n' "$last" | awk -F'\t' -v name="$1" -v label="$2" '
		BEGIN {
			n = split("label clients ops rate p50 p99 max cpu " \
			    "daemon noise bad", names, " ")
			for (i = 1; i <= n; i++)
				at[names[i]] = i
		}
		$1 == label { print $at[name] }'
}

# The time of one measurement, so many times as long.  longer TIMES
longer()
{
	awk -v s="$seconds" -v n="$1" 'BEGIN { print s * n }'
}

# quotient A B: nothing if there is none.
quotient()
{
	awk -v a="$1" -v b="${2:-0}" 'BEGIN { if (a != "" && b > 0) print a / b }'
}

# Of a text with two numbers; nothing if there are fewer.
mean_of_two()
{
	awk 'NF == 2 { print ($1 + $2) / 2 }' <<<"$1"
}

# One measurement of a row of rows.tsv: ours and the floor's in the same unit
# (the floor of a row that has none is 1).  measured ROW ROUND OURS [FLOOR]
measured()
{
	if test -z "${3-}" || test -z "${4-1}"; then
		echo "! $1: nothing was measured in round $2" >&2
		return 1
	fi
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4-1}" \
	    >>"$results/results.tsv"
}

# Lines that a group adds to the report.
more()
{
	cat >>"$results/more.md"
}

# What is left of all that: a table and a plot.
report()
{
	{
		machine
		echo
		awk -f "$bench/median.awk" -f "$bench/table.awk" "$bench/rows.tsv" \
		    "$results/results.tsv"
		echo
		awk -f "$bench/median.awk" -f "$bench/loads.awk" "$results/loads.tsv"
		cat "$results/more.md"
		for name in "${!left_out[@]}"; do
			echo
			echo "Left out: $name: ${left_out[$name]}."
		done
	} | tee "$results/table.md"
	plot
}

machine()
{
	printf 'Measured %s at commit %s: %s, %s processors, Linux %s;' \
	    "$(date -u +%Y-%m-%d)" "$commit" \
	    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
	    "$(nproc)" "$(uname -r)"
	echo " $tokens tokens, $rounds rounds."
}

plot()
{
	if ! command -v gnuplot >/dev/null; then
		echo "no plot: gnuplot is not installed" >&2
		return
	fi
	awk -v plot=1 -f "$bench/median.awk" -f "$bench/table.awk" "$bench/rows.tsv" \
	    "$results/results.tsv" >"$results/plot.tsv"
	gnuplot -e "data='$results/plot.tsv'; output='$results/plot.svg'" \
	    "$bench/plot.gp" && echo "plot: $results/plot.svg"
}
