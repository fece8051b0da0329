# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Real servers on the loopback interface, each with PAM files of its own:
# sourced by rows/logins.sh.

# A port where nobody listens, in $port.
server_port()
{
	port=$((${port:-20000 + RANDOM % 8000} + 1))
	while server_listens "$port"; do
		port=$((port + 1))
	done
}

# In a shell of its own: it takes the connection along when it ends.
server_listens()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Files for a server that has nothing but these lines.
# server_pam LABEL AUTH ACCOUNT SESSION
server_pam()
{
	local dir=$results/servers/$1 service

	mkdir -p "$dir/pam.d" && cp "$results/pam.d/other" "$dir/pam.d/" ||
		return
	for service in sshd vsftpd; do
		printf '%s required %s\n' auth "$2" account "$3" \
		    session "$4" >"$dir/pam.d/$service"
	done
}

# Its pid is in $server_pid.  server_start LABEL PROGRAM ARGUMENT...
server_start()
{
	local dir=$results/servers/$1
	shift

	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount --bind "$1" /etc/pam.d && shift &&
	    exec "$@"' sh "$dir/pam.d" "$@" </dev/null >"$dir/${1##*/}.log" \
	    2>&1 &
	server_pid=$!
	await "${1##*/} on port $port" server_listens "$port"
}

# Its port is in $port.  sshd_start LABEL
sshd_start()
{
	local dir=$results/servers/$1

	test -e "$results/servers/hostkey" ||
		ssh-keygen -q -t ed25519 -N '' -f "$results/servers/hostkey" ||
		return
	server_port
	cat >"$dir/sshd_config" <<-END
	ListenAddress 127.0.0.1
	Port $port
	HostKey $results/servers/hostkey
	PidFile none
	UsePAM yes
	PasswordAuthentication yes
	KbdInteractiveAuthentication no
	PubkeyAuthentication no
	StrictModes no
	UseDNS no
	PrintMotd no
	LogLevel QUIET
	MaxStartups 200
	END
	server_start "$1" /usr/sbin/sshd -D -f "$dir/sshd_config"
}

# vsftpd_start LABEL
vsftpd_start()
{
	local dir=$results/servers/$1

	server_port
	cat >"$dir/vsftpd.conf" <<-END
	listen=YES
	listen_ipv6=NO
	listen_address=127.0.0.1
	listen_port=$port
	background=NO
	anonymous_enable=NO
	local_enable=YES
	pam_service_name=vsftpd
	session_support=YES
	check_shell=NO
	xferlog_enable=NO
	END
	server_start "$1" /usr/sbin/vsftpd "$dir/vsftpd.conf"
}

# The command of one login, in $login.  ssh_login PORT FILE-WITH-SECRET
ssh_login()
{
	login=(sshpass -f "$2" ssh -F none -p "$1"
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
	    -o GlobalKnownHostsFile=/dev/null -o IdentityAgent=none
	    -o PubkeyAuthentication=no -o PreferredAuthentications=password
	    -o NumberOfPasswordPrompts=1 -o LogLevel=ERROR
	    "$login_user@127.0.0.1" true)
}

# ftp_login PORT FILE-WITH-SECRET
ftp_login()
{
	login=(curl -sS --netrc-file "$2.netrc" --list-only
	    "ftp://127.0.0.1:$1/$results/servers/")
}
