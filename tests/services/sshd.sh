# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# OpenSSH for the rows ssh-password, ssh-kbdint and sftp of run.sh: sourced.
# Of stage.sh it takes STAGE and the stage_ functions.

sshd_start()
{
	local dir=$STAGE/sshd

	mkdir "$dir" &&
	ssh-keygen -q -t ed25519 -N '' -f "$dir/hostkey" </dev/null || return
	# ssh(1) runs it to get a password.
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nexec cat "$ASKPASS_FILE"\n' >"$dir/askpass"
	chmod 0755 "$dir/askpass"
	stage_port
	sshd_port=$port
	cat >"$dir/config" <<-END
	Port $sshd_port
	ListenAddress 127.0.0.1
	HostKey $dir/hostkey
	PidFile none
	$(docs_block conf sshd)
	PubkeyAuthentication no
	PermitRootLogin no
	StrictModes no
	UseDNS no
	PrintMotd no
	LogLevel VERBOSE
	Subsystem sftp internal-sftp
	END
	/usr/sbin/sshd -D -f "$dir/config" -E "$STAGE/log/sshd" </dev/null &
	sshd_pid=$!
	stage_await "sshd on port $sshd_port" stage_listens "$sshd_port"
}

sshd_stop()
{
	stage_end "$sshd_pid"
}

# The client, with what both programs take.
sshd_client()
{
	local program=$1 methods=$2 file=$3
	shift 3

	ASKPASS_FILE=$file SSH_ASKPASS=$STAGE/sshd/askpass \
	    SSH_ASKPASS_REQUIRE=force timeout "${sshd_limit:-60}" \
	    "$program" -F none \
	    -o "Port=$sshd_port" -o "PreferredAuthentications=$methods" \
	    -o NumberOfPasswordPrompts=1 -o PubkeyAuthentication=no \
	    -o IdentityAgent=none -o StrictHostKeyChecking=no \
	    -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null \
	    -o LogLevel=ERROR "$@"
}

# 0: logged in as that user; 1: refused; 2: neither.
# sshd_login ROW LOGIN FILE
sshd_login()
{
	local row=$1 login=$2 file=$3 methods=password

	rm -f "$out/got"
	case $row in
	sftp)
		echo "get hello $out/got" |
		    sshd_client sftp "$methods" "$file" \
			"$login@127.0.0.1" >"$out/client" 2>&1 ;;
	*)
		test "$row" != ssh-kbdint || methods=keyboard-interactive
		sshd_client ssh "$methods" "$file" "$login@127.0.0.1" \
		    'id -un; cat hello' >"$out/got" \
		    2>"$out/client" ;;
	esac
	if grep -q "^home of $login\$" "$out/got" 2>/dev/null; then
		return 0
	elif grep -q "Permission denied" "$out/client"; then
		return 1
	fi
	return 2
}
