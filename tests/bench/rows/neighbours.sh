# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Verification at rest, while tokens are made, listed and exported, and while
# others flood the sockets that everybody may ask.

neighbours_uids=(64111 64112)
neighbours_rate=1000 # tokens a second
neighbours_title="Verification, all tokens, one client, beside others"

prepare_neighbours()
{
	store_make "$tokens"
}

# Runs it anew whenever it ends, for that long.  over_and_over SECONDS COMMAND
over_and_over()
{
	# shellcheck disable=SC2016
	timeout "$1" bash -c 'while :; do "$@" >/dev/null; done' - "${@:2}"
}

# What is refused is a measurement here.
# neighbours_ask ROUND LABEL LOAD-OPTION...
neighbours_ask()
{
	load_run "$neighbours_title" askload "${@:3}" -s "$seconds" \
	    -P "$agent_pid" -S "$sock/$tokens/auth.sock" "$2=corpus:$tokens"
	load_keep "$1" "$neighbours_title"
}

# They begin before the verification and last longer: it has a warm-up.
neighbours_time()
{
	echo "$seconds + 1" | bc
}

neighbours_write()
{
	local admin=$sock/$tokens/admin.sock time

	time=$(neighbours_time)
	"$bin/createload" -a -k 64 -w 0 -s "$time" -r $neighbours_rate \
	    "$admin" >"$results/log/made" &
	writers=($!)
	over_and_over "$time" "$build/apitoken" --socket "$admin" list &
	writers+=($!)
	over_and_over "$time" "$build/apitoken" --socket "$admin" export &
	writers+=($!)
}

neighbours_flood()
{
	local uid name time

	time=$(neighbours_time)
	writers=()
	: >"$results/log/flood"
	for uid in "${neighbours_uids[@]}"; do
		for name in user admin; do
			setpriv --reuid="$uid" --regid="$uid" --clear-groups \
			    "$bin/flood" "$time" "$sock/$tokens/$name.sock" \
			    >>"$results/log/flood" &
			writers+=($!)
		done
	done
}

measure_neighbours()
{
	local rest rest99 writers

	agent_start "$tokens" || return
	neighbours_ask "$1" "at rest"
	rest=$(figure p50 "at rest") rest99=$(figure p99 "at rest")

	neighbours_write
	neighbours_ask "$1" "beside writing" -a
	wait "${writers[@]}"
	measured beside-p50 "$1" "$(figure p50 "beside writing")" "$rest"
	measured beside-p99 "$1" "$(figure p99 "beside writing")" "$rest99"
	measured beside-bad "$1" "$(figure bad "beside writing")"
	measured beside-rate "$1" "$(cut -f 4 "$results/log/made")"

	neighbours_flood
	neighbours_ask "$1" "beside floods" -a
	wait "${writers[@]}"
	measured flood-p50 "$1" "$(figure p50 "beside floods")" "$rest"
	measured flood-p99 "$1" "$(quotient "$(figure p99 "beside floods")" 1000)"
	measured flood-bad "$1" "$(figure bad "beside floods")"
	measured flood-rate "$1" "$(quotient "$(awk '{ n += $1 } END {
	    print n + 0 }' "$results/log/flood")" "$(neighbours_time)")"
}
