# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# sshd and vsftpd for helpers.sh as an administrator has them, with Debian's
# names of PAM services and all lines in the log of logins, and what logs in
# there: sourced.  Of stage.sh it takes STAGE and the stage_ functions.

hosts_sshd()
{
	local dir=$STAGE/hosts.sshd

	mkdir "$dir" &&
	ssh-keygen -q -t ed25519 -N '' -f "$dir/hostkey" </dev/null || return
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nexec cat "$APITOKEN_FILE"\n' >"$dir/cat" &&
	chmod 0755 "$dir/cat"
	stage_port
	sshd_port=$port
	cat >"$dir/config" <<-END
	Port $sshd_port
	ListenAddress 127.0.0.1
	HostKey $dir/hostkey
	PidFile none
	UsePAM yes
	PasswordAuthentication yes
	KbdInteractiveAuthentication yes
	PubkeyAuthentication no
	StrictModes no
	UseDNS no
	PrintMotd no
	LogLevel VERBOSE
	END
	/usr/sbin/sshd -D -f "$dir/config" </dev/null 2>/dev/null &
	sshd_pid=$!
	stage_await "sshd on port $sshd_port" stage_listens "$sshd_port"
}

# Guests: else it does not ask PAM about names that nobody has here.
hosts_vsftpd()
{
	local dir=$STAGE/hosts.vsftpd

	mkdir -p "$dir/empty"
	stage_port
	vsftpd_port=$port
	cat >"$dir/config" <<-END
	listen=YES
	listen_ipv6=NO
	listen_address=127.0.0.1
	listen_port=$vsftpd_port
	background=NO
	anonymous_enable=NO
	local_enable=YES
	check_shell=NO
	guest_enable=YES
	guest_username=$user_a
	pam_service_name=vsftpd
	secure_chroot_dir=$dir/empty
	delay_failed_login=0
	vsftpd_log_file=$STAGE/log/vsftpd
	END
	/usr/sbin/vsftpd "$dir/config" </dev/null >"$STAGE/log/vsftpd.out" \
	    2>&1 &
	vsftpd_pid=$!
	stage_await "vsftpd on port $vsftpd_port" stage_listens "$vsftpd_port"
}

# ssh with a program for the password; it answers with the login name.
# ssh_with PROGRAM LOGIN FILE METHOD OPTION...
ssh_with()
{
	local program=$1 login=$2 file=$3 method=$4
	shift 4

	APITOKEN_FILE=$file APITOKEN_HOST=127.0.0.1 SSH_ASKPASS=$program \
	    SSH_ASKPASS_REQUIRE=force timeout 60 ssh -F none -p "$sshd_port" \
	    -o "PreferredAuthentications=$method" \
	    -o NumberOfPasswordPrompts=1 -o PubkeyAuthentication=no \
	    -o IdentityAgent=none -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR \
	    "$@" -o StrictHostKeyChecking=no \
	    -l "$login" 127.0.0.1 id -un >"$STAGE/out/client" 2>&1
}

# ssh_as LOGIN FILE [METHOD]
ssh_as()
{
	ssh_with "$STAGE/bin/apitoken-askpass" "$1" "$2" "${3:-password}"
}

ssh_is_in()
{
	ssh_as "$@" && grep -qx "$1" "$STAGE/out/client"
}

# Refused by the server, and not for want of one.
ssh_is_refused()
{
	! ssh_as "$@" && grep -q "Permission denied" "$STAGE/out/client"
}

# The same with a password, from a file.
password_is_in()
{
	ssh_with "$STAGE/hosts.sshd/cat" "$user_a" "$STAGE/tokens/password" \
	    password
}

password_is_refused()
{
	! ssh_with "$STAGE/hosts.sshd/cat" "$user_a" "$STAGE/tokens/wrong" \
	    password && grep -q "Permission denied" "$STAGE/out/client"
}

# curl as LOGIN with the token in FILE: 67 is what a server refuses.
# ftp_is_refused LOGIN FILE
ftp_is_refused()
{
	local login=${1//\"/\\\"}

	(umask 077 && printf 'user = "%s:%s"\n' "$login" "$(cat "$2")" \
	    >"$STAGE/out/curlrc")
	curl -q -sS --noproxy '*' --max-time 60 --config "$STAGE/out/curlrc" \
	    "ftp://127.0.0.1:$vsftpd_port/" >"$STAGE/out/client" 2>&1
	test $? -eq 67
}
