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
	    -k $raw_clients -s "$seconds" "agent/$2=corpus:$2"
	rate=$(figure rate "agent/$2")
	cpu=$(figure daemon "agent/$2")
	load "$1" "$title" askload -f -S "$sock/least-$2" -P "$least_pid" \
	    -k $raw_clients -s "$seconds" "least/$2=corpus:$2"
	measured "rate-$3" "$1" "$rate" "$(figure rate "least/$2")"
	measured "cpu-$3" "$1" "$cpu" "$(figure daemon "least/$2")"
}

measure_raw()
{
	raw_rate "$1" 1000 small
	raw_rate "$1" "$tokens" big
}
