# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Dovecot's IMAP for run.sh: sourced, after curl.sh.

dovecot_start()
{
	local dir=$STAGE/dovecot login

	mkdir "$dir"
	for login in $user_a $user_b; do
		install -d -o "$login" -g "$group_id" \
		    "$STAGE/home/$login/Maildir" \
		    "$STAGE/home/$login/Maildir/."{,"of-$login/"}{cur,new,tmp} ||
			return
	done
	stage_port
	dovecot_port=$port
	# One worker for everybody, and no wait after refusals.
	cat >"$dir/config" <<-END
	base_dir = $dir/run
	state_dir = $dir
	log_path = $STAGE/log/dovecot
	protocols = imap
	listen = 127.0.0.1
	ssl = no
	disable_plaintext_auth = no
	mail_location = maildir:~/Maildir
	auth_failure_delay = 0
	auth_worker_max_count = 1
	service anvil {
	  unix_listener anvil-auth-penalty {
	    mode = 0
	  }
	}
	service imap-login {
	  inet_listener imap {
	    port = $dovecot_port
	  }
	  inet_listener imaps {
	    port = 0
	  }
	}
	$(docs_block conf dovecot)
	END
	/usr/sbin/dovecot -F -c "$dir/config" >"$STAGE/log/dovecot.out" 2>&1 \
	    </dev/null &
	dovecot_pid=$!
	stage_await "Dovecot on port $dovecot_port" \
	    stage_listens "$dovecot_port"
}

dovecot_stop()
{
	stage_end "$dovecot_pid"
}

# 0: sees that user's mailboxes; 1: refused; 2: neither.
# dovecot_login ROW LOGIN FILE
dovecot_login()
{
	local login=$2 status

	curl_as user "$login" "$3" "imap://127.0.0.1:$dovecot_port/"
	status=$?
	if test $status -eq 0 && grep -q " of-$login.\?\$" "$out/got"; then
		return 0
	elif test $status -eq 67; then
		return 1
	fi
	return 2
}
