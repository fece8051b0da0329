# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The agent and the least agent, asked over sockets, without PAM.

raw_clients=8

prepare_raw()
{
	store_make 1000 && least_start 1000 &&
	store_make "$tokens" && least_start "$tokens"
}

# raw_rate ROUND COUNT SUFFIX
raw_rate()
{
	local title="A new connection each, $raw_clients clients" rate cpu

	agent_start "$2" && least_start "$2" || return
	load "$1" "$title" askload -S "$sock/$2/auth.sock" -P "$agent_pid" \
	    -k $raw_clients -s "$(longer 2)" "agent-$3=corpus:$2" || return
	rate=$(figure rate "agent-$3")
	cpu=$(figure daemon "agent-$3")
	load "$1" "$title" askload -f "$sock/least-$2" -P "$least_pid" \
	    -k $raw_clients -s "$(longer 2)" "least-$3=corpus:$2" || return
	measured "rate-$3" "$1" "$rate" "$(figure rate "least-$3")"
	measured "cpu-$3" "$1" "$cpu" "$(figure daemon "least-$3")"
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
