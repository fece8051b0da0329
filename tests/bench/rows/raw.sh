# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The agent and the least agent, asked over sockets, without PAM.

raw_clients=8

prepare_raw()
{
	store_make 1000 && least_start 1000 &&
	store_make "$tokens" && least_start "$tokens"
}

# raw_load ROUND agent|least COUNT SUFFIX
raw_load()
{
	local title="A new connection each, $raw_clients clients"
	local -a ask=(-S "$sock/$3/auth.sock" -P "$agent_pid")

	test "$2" = agent || ask=(-f "$sock/least-$3" -P "$least_pid")
	load "$1" "$title" askload "${ask[@]}" -k $raw_clients \
	    -s "$(longer 2)" "$2-$4=corpus:$3"
}

# They take turns there and back, so that what drifts drifts for both.
# raw_rate ROUND COUNT SUFFIX
raw_rate()
{
	local who
	local -A rate=() cpu=()

	agent_start "$2" && least_start "$2" || return
	for who in agent least least agent; do
		raw_load "$1" $who "$2" "$3" || return
		rate[$who]+=" $(figure rate "$who-$3")"
		cpu[$who]+=" $(figure daemon "$who-$3")"
	done
	measured "rate-$3" "$1" "$(mean_of_two "${rate[agent]}")" \
	    "$(mean_of_two "${rate[least]}")"
	measured "cpu-$3" "$1" "$(mean_of_two "${cpu[agent]}")" \
	    "$(mean_of_two "${cpu[least]}")"
}

raw_growth()
{
	local ours

	load "$1" "A new connection each, one client, few and many tokens" \
	    askload -s "$(longer 2)" -S "$sock/1000/auth.sock" \
	    -S "$sock/$tokens/auth.sock" -f "$sock/least-1000" \
	    -f "$sock/least-$tokens" \
	    agent-small=corpus:1000 "agent-big=corpus:$tokens" \
	    least-small=corpus:1000 "least-big=corpus:$tokens" || return
	ours=$(quotient "$(figure p50 agent-big)" "$(figure p50 agent-small)")
	measured growth-raw "$1" "$ours" "$(quotient \
	    "$(figure p50 least-big)" "$(figure p50 least-small)")"
}

measure_raw()
{
	raw_rate "$1" 1000 small
	raw_rate "$1" "$tokens" big
	raw_growth "$1"
}
