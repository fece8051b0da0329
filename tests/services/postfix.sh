# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Postfix for the rows smtp-plain and smtp-login of run.sh: sourced.  It asks
# the agent in saslauthd's protocol, without PAM.  Of stage.sh it takes STAGE
# and the stage_ functions.

postfix_config()
{
	local dir=$STAGE/postfix

	# Debian's postfix reads this and no cyrus_sasl_config_path.
	docs_block sasl postfix >"$dir/etc/sasl/smtpd.conf" || return
	cat >"$dir/etc/main.cf" <<-END
	compatibility_level = 3.6
	queue_directory = $dir/spool
	data_directory = $dir/data
	command_directory = /usr/sbin
	daemon_directory = /usr/lib/postfix/sbin
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	myhostname = mail.example
	mydestination =
	mynetworks =
	alias_maps =
	maillog_file = $STAGE/log/mail
	maillog_file_prefixes = $STAGE
	smtpd_error_sleep_time = 0
	default_transport = discard:
	$(docs_block conf postfix)
	END
	cat >"$dir/etc/master.cf" <<-END
	127.0.0.1:$postfix_port inet n - y - - smtpd
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	proxymap unix - - n - - proxymap
	error unix - - n - - error
	retry unix - - n - - error
	discard unix - - n - - discard
	anvil unix - - n - 1 anvil
	postlog unix-dgram n - n - 1 postlogd
	END
}

postfix_start()
{
	local dir=$STAGE/postfix groups

	mkdir -p "$dir"/{etc/sasl,spool/var/run/apitoken,data} &&
	chown postfix "$dir/data" &&
	# The agent's socket in the chroot, as if it had been made there.
	mount --bind "$STAGE/run" "$dir/spool/var/run/apitoken" &&
	cp /etc/postfix/dynamicmaps.cf "$dir/etc/" || return
	# As adduser postfix sasl does; the file is a mount and stays so.
	groups=$(sed 's/^\(sasl:[^:]*:[0-9]*:\).*/\1postfix/' /etc/group)
	echo "$groups" >/etc/group
	echo "Subject: a letter" >"$dir/letter"
	: >"$STAGE/log/mail"
	stage_port
	postfix_port=$port
	postfix_config || return
	postfix -c "$dir/etc" start-fg >"$STAGE/log/postfix" 2>&1 </dev/null &
	postfix_pid=$!
	stage_await "postfix on port $postfix_port" \
	    stage_listens "$postfix_port"
}

postfix_stop()
{
	stage_end "$postfix_pid"
}

# What Postfix makes of an agent that is not there, or not fit: no refusal.
postfix_expect()
{
	case $1 in
	human) log=agent pattern=$(login_line_without_token) ;;
	down) wanted=later log=mail
	    pattern="cannot connect to saslauthd server" ;;
	sealed) wanted=later log=mail
	    pattern="SASL authentication failure: size read failed" ;;
	# Postfix waits for a frozen agent, and does not look who listens.
	impostor | frozen) return 1 ;;
	esac
}

# 0: a letter was taken from that user; 1: refused; 3: told to come again; 2:
# none of these.  postfix_login ROW LOGIN FILE
postfix_login()
{
	local row=$1 login=$2 file=$3 mechanism=PLAIN status

	test "$row" != smtp-login || mechanism=LOGIN
	(umask 077 && printf 'machine 127.0.0.1 login %s password "%s"\n' \
	    "$login" "$(cat "$file")" >"$out/netrc")
	# Of what is said, what the server says: the rest has the password.
	curl -q -sS -v --noproxy '*' --max-time 60 \
	    --netrc-file "$out/netrc" --url "smtp://127.0.0.1:$postfix_port" \
	    --login-options "AUTH=$mechanism" --mail-from "$login@mail.example" \
	    --mail-rcpt bob@else.example -T "$STAGE/postfix/letter" 2>&1 |
	    grep -a '^< ' >"$out/client"
	status=${PIPESTATUS[0]}
	rm -f "$out/netrc"
	if test "$status" -eq 0 && grep -q '^< 235 ' "$out/client"; then
		return 0
	elif grep -q '^< 535 ' "$out/client"; then
		return 1
	elif grep -q '^< 454 ' "$out/client"; then
		return 3
	fi
	return 2
}
