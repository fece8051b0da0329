# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The columns that are more than a login: sourced by run.sh.

# What the agent says of a login in this row.  login_line accepted|refused...
login_line()
{
	echo "login $1.* token=\"ID\".* user=\"$user_a\" service=\"SERVICE\""
}

# Of a password that the agent was asked about and that is none.
login_line_without_token()
{
	echo "login refused reason=\"not-a-token\" user=\"$user_a\"" \
	    "service=\"SERVICE\""
}

module_line()
{
	echo "pam_apitoken(SERVICE:auth): $1"
}

# Before and after `callers` says who may ask.
callers_column()
{
	local service only=caller

	each stranger attempt_twice
	for service in $(row_words 3); do
		! docs_has agent "$service" || stage_callers "$service"
	done
	agent_reload
}

# Both who reads the agent's log and who reads syslog see what is missing.
attempt_twice()
{
	local before lock

	# The agent logs few such lines a second; so one row in a second.
	exec {lock}>"$STAGE/lock"
	flock "$lock"
	before=$EPOCHSECONDS
	until test "$EPOCHSECONDS" != "$before"; do
		sleep 0.05
	done
	before=$(log_size syslog)
	attempt "$1" out "$STAGE/tokens/good" agent \
	    'login not answered: caller may not ask .*service="SERVICE".* caller=[1-9]'
	exec {lock}>&-
	test -z "$why" || return
	stage_await "$1" says syslog "$before" \
	    "pam_apitoken($(row_service "$1"):auth): the agent at .* gives no verdict: .callers. of this service does not name this user" ||
		why="syslog does not say it"
}

# The very next login after `apitoken revoke` returned.
attempt_revoked()
{
	local row=$1 token=$STAGE/tokens/revoked-$1

	token_make "revoked-$row" --user "$user_a" --type full-access \
	    "${elevated_too[@]}" &&
	attempt "$row" in "$token" || return
	if ! apitoken revoke "$(token_id "$token")" --yes --quiet; then
		why="it could not be revoked"
		return
	fi
	attempt "$row" out "$token" agent \
	    "$(login_line 'refused reason="revoked"')"
}

# Somebody else listens where the agent should, and says yes.
impostor_start()
{
	local socket word

	rm -f "$STAGE/ready"
	mkfifo "$STAGE/ready"
	exec 4<>"$STAGE/ready"
	for socket in auth user; do
		(
			umask 0
			exec "$build/tests/services/impostor" \
			    "$STAGE/run/$socket.sock" "$impostor_uid"
		) >&4 2>>"$STAGE/log/impostor" &
		impostor_pids+=($!)
	done
	for socket in auth user; do
		word=
		read -r -t 60 word <&4
		test "$word" = listening || return
	done
}

impostor_was_asked()
{
	local word=

	read -r -t 0.01 word <&4
	test "$word" = asked
}

impostor_column()
{
	local impostor_pids=() impostor_uid=61873 pid

	impostor_start || fails "no impostor listens"
	column impostor out good syslog "$(module_line \
	    'cannot ask .*: listener is not the one to trust: uid 0 must')"
	if impostor_was_asked; then
		fails "a password was sent to an impostor"
	else
		passes
	fi
	! has_row vsftpd || impostor_believed
	exec 4<&-
	for pid in "${impostor_pids[@]}"; do
		stage_end "$pid"
	done
}

# Were the module told to trust it, everybody would be in: the column before
# can fail.
impostor_believed()
{
	local got

	stage_pam vsftpd token "agent_uid=$impostor_uid"
	login vsftpd "$user_a" "$STAGE/tokens/good"
	if test "$got" = in; then
		passes
	else
		fails "a trusted impostor was not believed"
	fi
	stage_pam vsftpd token nodelay
}

# The key of another store: the agent runs and accepts nothing.
sealed_column()
{
	local key=$STAGE/master.key

	mv "$key" "$key.kept"
	(umask 377 && printf '1 %064d\n' 1 >"$key")
	agent_start || fails "the agent does not start with another key"
	column sealed out good syslog \
	    "$(module_line '.* gives no verdict: it is sealed')"
	agent_stop
	mv -f "$key.kept" "$key"
}

# Whatever was said to syslog before is in its log when this returns.
syslog_flush()
{
	local before mark=flush-$RANDOM$RANDOM

	before=$(log_size syslog)
	logger -t run.sh "$mark"
	stage_await "syslog" says syslog "$before" "$mark"
}

# Nothing in syslog after SIZE bytes.  syslog_lacks SIZE WHAT PATTERN
syslog_lacks()
{
	syslog_flush
	if says syslog "$1" "$3"; then
		fails "$2:"
		tail -c "+$(($1 + 1))" "$STAGE/log/syslog" | grep -a "$3" >&2
	else
		passes
	fi
}

# Services that take the account's password too.
both_columns()
{
	local service only=both before

	for service in $(row_words 3); do
		! docs_has pam "$service" both ||
		    stage_pam "$service" both nodelay || return
	done
	syslog_flush && before=$(log_size syslog)
	column token+ in good agent "$(login_line accepted)"
	syslog_lacks "$before" "a good token left a failure in syslog" \
	    'authentication failure\|auth could not identify\|pam_unix(.*:auth)'
	before=$(log_size syslog)
	column wrong+ out wrong agent "$(login_line 'refused reason="secret"')"
	syslog_lacks "$before" "pam_unix was asked about a token" \
	    'pam_unix(.*:auth)'
	column passwd+ in human
	# This shows that the two above can fail.
	column third+ out third syslog \
	    "pam_unix(SERVICE:auth): authentication failure;.* user=$user_a"
	# Whoever has a password is not kept out by an agent that is.
	agent_stop
	column passwd- in human
	column token- out good syslog \
	    "$(module_line 'cannot ask .*: nobody listens there')"
}
