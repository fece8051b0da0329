# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Whole logins through sshd and vsftpd, with one module at a time: how many
# there are a second is not how long one takes, where the machine is busy.
# They take turns there and back, so that what drifts on a shared machine drifts
# for both.

logins_clients=8
# shellcheck source=tests/bench/servers.sh
. "$bench/servers.sh"
declare -gA logins_ssh logins_ftp logins_pid

prepare_logins()
{
	local ours="$module socket=$sock/1000" dir=$results/servers

	peer_has logins openssh-server /usr/sbin/sshd &&
	peer_has logins vsftpd /usr/sbin/vsftpd &&
	peer_has logins sshpass sshpass &&
	peer_has logins curl curl || return
	rm -rf "$dir"
	mkdir -p "$dir"
	chmod 0755 "$dir"
	store_make 1000 &&
	logins_secrets &&
	logins_servers apitoken "$ours" "$ours" "$ours" &&
	logins_servers apitoken-without-session "$ours" "$ours" \
	    pam_permit.so &&
	logins_servers permit pam_permit.so pam_permit.so pam_permit.so &&
	logins_servers yescrypt "pam_unix.so nodelay" pam_unix.so pam_permit.so
}

# Nobody but the clients reads them.
logins_secrets()
{
	local name
	rm -f "$results/servers/token"
	apitoken_at 1000 create "bench-$EPOCHSECONDS" --user "$login_user" \
	    --quiet --output "$results/servers/token" >/dev/null &&
	(umask 077 && echo "$login_secret" >"$results/servers/password") ||
		return
	for name in token password; do
		(umask 077 && printf 'machine 127.0.0.1 login %s password %s\n' \
		    "$login_user" "$(cat "$results/servers/$name")" \
		    >"$results/servers/$name.netrc")
	done
}

# logins_servers LABEL AUTH ACCOUNT SESSION
logins_servers()
{
	server_pam "$@" &&
	sshd_start "$1" && logins_ssh[$1]=$port &&
	logins_pid[ssh-$1]=$server_pid &&
	vsftpd_start "$1" && logins_ftp[$1]=$port &&
	logins_pid[ftp-$1]=$server_pid
}

# The CPU is the server's, of its processes that ended, and the agent's.
# logins_load ROUND TITLE ssh|ftp LABEL
logins_load()
{
	local secret=$results/servers/password login
	local -n ports=logins_$3

	test "${4#apitoken}" = "$4" || secret=$results/servers/token
	"$3_login" "${ports[$4]}" "$secret"
	load "$1" "$2" loginload -k $logins_clients -s "$(longer 4)" \
	    -P "${logins_pid[$3-$4]},$agent_pid" "$4" "${login[@]}"
}

# logins_of ROUND ssh|ftp SERVER
logins_of()
{
	local label ours='' floor=''

	for label in permit apitoken apitoken-without-session yescrypt \
	    apitoken permit; do
		logins_load "$1" "Logins through $3" "$2" "$label" || continue
		case $label in
		permit) floor="$floor $(figure rate permit)" ;;
		apitoken) ours="$ours $(figure rate apitoken)" ;;
		esac
	done
	measured "logins-$2" "$1" "$(mean_of_two "$ours")" \
	    "$(mean_of_two "$floor")"
}

measure_logins()
{
	agent_start 1000 || return
	logins_of "$1" ssh sshd
	logins_of "$1" ftp vsftpd
}
