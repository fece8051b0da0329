# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# saslauthd's protocol: ours, and Cyrus saslauthd from its credential cache.

sasl_clients=8

prepare_sasl()
{
	store_make 1000 && store_make "$tokens" || return
	peer_has saslauthd sasl2-bin saslauthd || return
	mkdir -p "$sock/cyrus" &&
	saslauthd -m "$sock/cyrus" -n 5 -a shadow -c &&
	await saslauthd test -s "$sock/cyrus/saslauthd.pid" &&
	sasl_pid=$(cat "$sock/cyrus/saslauthd.pid")
}

# Its children ask too.
sasl_family()
{
	echo "$sasl_pid $(cat "/proc/$sasl_pid/task/$sasl_pid/children")"
}

# sasl_load ROUND NAME SOCKET PIDS SOURCE
sasl_load()
{
	load "$1" "saslauthd's protocol, $sasl_clients clients" saslload \
	    -S "$3" -P "$4" -k $sasl_clients -s "$(longer 2)" "$2=$5"
}

measure_sasl()
{
	local big small

	agent_start "$tokens" &&
	sasl_load "$1" apitoken-big "$sock/$tokens/mux" "$agent_pid" \
	    "corpus:$tokens" || return
	big=$(figure rate apitoken-big)
	agent_start 1000 &&
	sasl_load "$1" apitoken-small "$sock/1000/mux" "$agent_pid" \
	    corpus:1000 || return
	small=$(figure rate apitoken-small)
	sasl_load "$1" saslauthd-cached "$sock/cyrus/mux" "$(sasl_family)" \
	    "user:$login_user:$login_secret" || return
	measured sasl-small "$1" "$small" "$(figure rate saslauthd-cached)"
	measured sasl-big "$1" "$big" "$(figure rate saslauthd-cached)"
}
