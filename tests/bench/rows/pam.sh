# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Whole PAM transactions, the service drawn at random for each login.

prepare_pam()
{
	store_make 1000 && store_make "$tokens" &&
	least_start 1000 && least_start "$tokens" && floor_start || return
	pam_service permit pam_permit.so
	pam_floor_service floor "$sock/floor"
	pam_floor_service least-small "$sock/least-1000"
	pam_floor_service least-big "$sock/least-$tokens"
	pam_token_service apitoken-small "$sock/1000"
	pam_token_service apitoken-big "$sock/$tokens"
}

# pam_floor_service NAME SOCKET
pam_floor_service()
{
	pam_service "$1" "$floor_module socket=$2" "$floor_module socket=$2"
}

# pam_token_service NAME FOLDER
pam_token_service()
{
	pam_service "$1" "$module socket=$2" "$module socket=$2"
}

# Ours against one bare round trip for each call.
# pam_paired ROUND ROW TITLE OPTION...
pam_paired()
{
	local round=$1 row=$2 title=$3
	shift 3

	load "$round" "$title" pamload -c "$results/pam.d" \
	    -s "$(longer 3)" "$@" "apitoken-big=corpus:$tokens" \
	    "floor=corpus:$tokens" "permit=corpus:$tokens" &&
	measured "$row" "$round" "$(figure p50 apitoken-big)" \
	    "$(figure p50 floor)"
}

# What ten thousand times as many tokens cost.
pam_growth()
{
	local ours

	load "$1" "PAM transactions, few and many tokens" pamload \
	    -c "$results/pam.d" -s "$(longer 3)" \
	    apitoken-small=corpus:1000 "apitoken-big=corpus:$tokens" \
	    least-small=corpus:1000 "least-big=corpus:$tokens" || return
	ours=$(quotient "$(figure p50 apitoken-big)" \
	    "$(figure p50 apitoken-small)")
	measured growth-pam "$1" "$ours" "$(quotient \
	    "$(figure p50 least-big)" "$(figure p50 least-small)")"
}

measure_pam()
{
	pam_paired "$1" pam-fresh "PAM transactions, a fresh process each" -F
	pam_paired "$1" pam-long "PAM transactions in one process"
	pam_growth "$1"
}
