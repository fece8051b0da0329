# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# PAM modules that one would use instead, each with the cheapest hash that it
# knows where it looks users up in a table.

peers_users=10000
peers=()

# How it logs in, by the name of its service.
declare -A peers_source

prepare_peers()
{
	store_make "$tokens" && floor_start || return
	peer_add permit "user:$login_user:$login_secret" pam_permit.so
	pam_service apitoken "$module socket=$sock/$tokens" \
	    "$module socket=$sock/$tokens"
	peers_source[apitoken]=corpus:$tokens
	peers+=(apitoken)
	peer_add unix "user:$login_user:$login_secret" \
	    "pam_unix.so nodelay" pam_unix.so
	! peer_has userdb db5.3-util db5.3_load || peers_userdb
	! peer_has pwdfile libpam-pwdfile pam_pwdfile.so || peers_pwdfile
	peer_add exec "user:$login_user:$login_secret" \
	    "pam_exec.so quiet expose_authtok $bin/execsecret $login_secret"
	! peer_has script libpam-script pam_script.so || peers_script
}

# peer_add NAME SOURCE AUTH-MODULE [ACCOUNT-MODULE]
peer_add()
{
	pam_service "$1" "$3" "${4:-pam_permit.so}"
	peers_source[$1]=$2
	peers+=("$1")
}

peers_names()
{
	seq -f 'u%08.0f' 0 $((peers_users - 1))
}

# Plain text.
peers_userdb()
{
	rm -f "$results/userdb.db"
	peers_names | sed "a $login_secret" |
	    db5.3_load -T -t hash "$results/userdb.db" &&
	peer_add userdb "users:$peers_users:$login_secret" \
	    "pam_userdb.so db=$results/userdb crypt=none"
}

# The cheapest hash, and one that somebody would use.
peers_pwdfile()
{
	peers_hashed pwdfile des && peers_hashed pwdfile-sha512 sha-512
}

# peers_hashed NAME METHOD
peers_hashed()
{
	peers_names | sed "s|\$|:$(crypted "$2")|" >"$results/$1" &&
	peer_add "$1" "users:$peers_users:$login_secret" \
	    "pam_pwdfile.so nodelay pwdfile=$results/$1"
}

peers_script()
{
	mkdir -p "$results/script" &&
	cat >"$results/script/pam_script_auth" <<-END &&
	#!/bin/sh
	[ "\$PAM_AUTHTOK" = $login_secret ]
	END
	chmod 0755 "$results/script/pam_script_auth" &&
	peer_add script "user:$login_user:$login_secret" \
	    "pam_script.so dir=$results/script"
}

# peers_run ROUND TITLE NAME...
peers_run()
{
	local round=$1 title=$2 name classes=()
	shift 2

	for name in "$@"; do
		classes+=("$name=${peers_source[$name]}")
	done
	load "$round" "$title" pamload -c "$results/pam.d" -s "$(longer 2)" \
	    "${classes[@]}"
}

# Those that are fast at random from one login to the next; the slow ones, who
# would leave cold caches to the others, alone, and so ours beside them.
measure_peers()
{
	local fast=() name ours

	for name in userdb pwdfile; do
		is_missing "$name" || fast+=("$name")
	done
	peers_run "$1" "PAM modules, drawn at random" apitoken "${fast[@]}" ||
		return
	ours=$(figure p50 apitoken)
	for name in "${fast[@]}"; do
		measured "vs-$name" "$1" "$ours" "$(figure p50 "$name")"
	done
	for name in "${peers[@]}"; do
		peers_run "$1" "PAM modules, each alone" "$name"
		case $name in
		apitoken) ours=$(figure p50 apitoken) ;;
		unix) measured vs-unix "$1" "$ours" "$(figure p50 unix)" ;;
		esac
	done
}
