# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The agent of the stage, its command and its tokens: sourced by stage.sh.

# The agent, once it is ready.
agent_start()
{
	local word=

	rm -f "$STAGE/ready"
	mkfifo "$STAGE/ready"
	"$STAGE/bin/apitokend" --config "$STAGE/apitokend.conf" \
	    --ready-fd 3 3>"$STAGE/ready" >>"$STAGE/log/agent" 2>&1 </dev/null &
	agent_pid=$!
	read -r word <"$STAGE/ready"
	test "$word" = ready && return
	echo "the agent is not ready; its log:" >&2
	tail -n 20 "$STAGE/log/agent" >&2
	return 1
}

# Has the agent read its configuration again.
agent_reload()
{
	local before

	before=$(log_size agent)
	kill -HUP "$agent_pid" &&
	stage_await "the configuration to be read again" \
	    says agent "$before" 'configuration read again'
}

# agent_stop [SIGNAL]
agent_stop()
{
	test -n "$agent_pid" || return 0
	kill -CONT "$agent_pid"
	stage_end "$agent_pid" "${1:-TERM}"
	agent_pid=
}

# The CLI, as root.
apitoken()
{
	"$STAGE/bin/apitoken" --socket "$agent_socket" "$@"
}

# The CLI, as one of the users.  apitoken_as LOGIN ARGUMENT...
apitoken_as()
{
	local login=$1
	shift

	setpriv --reuid="$login" --regid="$group_id" --clear-groups \
	    "$STAGE/bin/apitoken" --socket "$agent_socket" "$@"
}

# Makes a token in tokens/NAME.  token_make NAME OPTION...
token_make()
{
	local name=$1
	shift

	apitoken create "$name" --quiet --output "$STAGE/tokens/$name" "$@" &&
	token_note "$STAGE/tokens/$name"
}

# Keeps a secret, to be looked for in the logs at the end.
token_note()
{
	printf '%s\n' "$(cat "$1")" >>"$secrets"
}

# The id of the token in a file.
token_id()
{
	cut -d_ -f2 "$1"
}
