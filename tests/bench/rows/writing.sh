# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Durable tokens, one at a time, over admin.sock.  LMDB's own count of commits
# says how many were flushed together: looking at the system calls would slow
# the writer down and so flatter it.

writing_clients=64

prepare_writing()
{
	agent_stop writing
	rm -rf "$results/store-writing" "$results/key-writing" \
	    "$results/commits"
	mkdir "$results/commits"
	agent_start writing
}

# storepages_of STORE NAME [COLUMN]
storepages_of()
{
	"$bin/storepages" "$results/store-$1/data.mdb" |
	    awk -F'\t' -v name="$2" -v at="${3-2}" '$1 == name { print $at }'
}

measure_writing()
{
	local socket=$sock/writing/admin.sock before made

	agent_start writing || return
	load "$1" "A durable token, one client, and a bare LMDB commit" \
	    createload -k 1 -s "$(longer 3)" -P "$agent_pid" \
	    -F "$results/commits" "$socket"
	measured create-latency "$1" "$(figure p50 create)" \
	    "$(figure p50 commit)"
	# Commits of a warm-up or of another try would count.
	before=$(storepages_of writing commits)
	load "$1" "Durable tokens, $writing_clients clients" createload -a \
	    -k $writing_clients -s "$seconds" -w 0 -P "$agent_pid" "$socket"
	made=$(figure ops create)
	measured create-group "$1" \
	    "$(quotient "$made" $(($(storepages_of writing commits) - before)))"
}
