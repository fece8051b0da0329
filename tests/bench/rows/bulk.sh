# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What all tokens take: to import, in the store, in memory, to start, to list.
# A tenth of them is imported anew in each of the first rounds, by the CLI, and
# stays until the end as the smaller store that a list is compared with.

bulk_rounds=3
bulk_count=$((tokens / 10))

prepare_bulk()
{
	"$bin/corpuslines" $bulk_count >"$results/bulk.jsonl" &&
	store_make "$tokens" &&
	measured store-all 1 "$(bulk_row_bytes "$tokens")"
}

# Bytes of the pages of a store, for each token.  bulk_row_bytes STORE
bulk_row_bytes()
{
	"$bin/storepages" "$results/store-$1/data.mdb" |
	    tee "$results/log/pages-$1" | awk -F'\t' '
		$1 == "tokens" { count = $2 }
		$1 == "all" { all = $2 }
		END { printf "%.1f\n", all / count }'
}

# Seconds that a command takes.  seconds_of COMMAND...
seconds_of()
{
	local began=$EPOCHREALTIME

	"$@" >>"$results/log/bulk" || return
	echo "$EPOCHREALTIME - $began" | bc
}

# bulk_floor VALUE-SIZE: fields of bulkfloor
bulk_floor()
{
	rm -rf "$results/bulk"
	mkdir "$results/bulk"
	"$bin/bulkfloor" "$results/bulk" $bulk_count "$1"
	rm -rf "$results/bulk"
}

# The floor's rows take as many bytes as ours; LMDB's own share of theirs is
# as of the 200-byte values that the store's size is held against.
bulk_import()
{
	local time bytes floor

	agent_stop bulk
	rm -rf "$results/store-bulk" "$results/key-bulk"
	agent_start bulk || return
	time=$(seconds_of apitoken_at bulk import --yes --quiet \
	    "$results/bulk.jsonl") || return
	bytes=$(bulk_row_bytes bulk)
	floor=$(bulk_floor 200 | cut -f 4)
	measured store-bytes "$1" "$bytes" "$floor"
	floor=$(bulk_floor "$(printf '%.0f' "$(echo "200 * $bytes / $floor" |
	    bc -l)")" | cut -f 2)
	measured import "$1" "$(quotient $bulk_count "$time")" "$floor"
}

# The agent's processes, with commas.  Of agent_pid.
bulk_pids()
{
	pgrep -d , -P "$agent_pid" | sed "s/^/$agent_pid,/"
}

# MiB of all its processes: whatever is mapped but the store's file.
bulk_memory()
{
	local pid

	for pid in $(bulk_pids | tr , ' '); do
		cat "/proc/$pid/smaps"
	done | awk '
		/^[0-9a-f]+-[0-9a-f]+ / { counts = !/\/data\.mdb$/ }
		counts && $1 == "Rss:" { all += $2 }
		END { if (all > 0) printf "%.2f\n", all / 1024 }'
}

# Seconds until it says that it is ready; not while an agent of agent_start
# runs.  bulk_start NAME
bulk_start()
{
	"$bin/watched" -1 "$build/apitokend" --config \
	    "$sock/$1/apitokend.conf" --ready-fd 1 2>>"$results/log/agent-$1" |
	    cut -f 1
}

# bulk_list STORE WATCHED-OPTION...: what watched says
bulk_list()
{
	"$bin/watched" "${@:2}" -P "$(bulk_pids)" "$build/apitoken" \
	    --socket "$sock/$1/admin.sock" list
}

# KiB of the client, and what the agent grows by.
bulk_list_memory()
{
	agent_start "$1" &&
	bulk_list "$1" | awk -F'\t' -v want="$2" '
		$3 >= want { print $4 + $5; next }
		{ print "a list of " $3 " lines" >"/dev/stderr" }'
}

measure_bulk()
{
	local large small

	test "$1" -gt $bulk_rounds || bulk_import "$1"
	agent_start "$tokens" || return
	large=$(bulk_list "$tokens" -1 | cut -f 1)
	measured list-first "$1" "$(quotient "$large" 0.001)"
	# These take minutes and hardly differ.
	if test "$1" -eq 1; then
		small=$(bulk_list_memory bulk $bulk_count)
		large=$(bulk_list_memory "$tokens" "$tokens")
		measured list-memory "$1" "$large" "$small"
	fi
	measured memory "$1" "$(bulk_memory)"
	agent_stop "$tokens"
	measured start "$1" "$(bulk_start "$tokens")"
	agent_start "$tokens"
}
