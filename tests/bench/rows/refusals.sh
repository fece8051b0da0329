# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What a no costs beside a yes: which it is, is drawn at random for each
# question; for the agent's CPU, for each block of questions, as the writer
# lags a little behind.

refusals='wrong unknown revoked expired'
refusals_block=256

prepare_refusals()
{
	store_make "$tokens"
}

# refusals_load ROUND TITLE OPTION...
refusals_load()
{
	local kind classes=() round=$1 title=$2
	shift 2

	for kind in good $refusals; do
		classes+=("$kind=corpus:$tokens:$kind")
	done
	load "$round" "$title" askload -S "$sock/$tokens/auth.sock" "$@" \
	    "${classes[@]}"
}

measure_refusals()
{
	local kind

	agent_start "$tokens" || return
	refusals_load "$1" "Yes and no, drawn for each question" \
	    -s "$(longer 3)" || return
	for kind in $refusals; do
		measured "refusal-$kind" "$1" "$(figure p50 "$kind")" \
		    "$(figure p50 good)"
	done
	refusals_load "$1" "Yes and no, in blocks of $refusals_block" \
	    -b $refusals_block -P "$agent_pid" -s "$(longer 4)" || return
	for kind in $refusals; do
		measured "refusal-cpu-$kind" "$1" "$(figure daemon "$kind")" \
		    "$(figure daemon good)"
	done
	measured refusal-cpu-hidden "$1" "$(figure daemon unknown)" \
	    "$(figure daemon wrong)"
}
