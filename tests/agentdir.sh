# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# An agent that has all it needs in the folder $dir, and its command: sourced
# by tests, once they have that folder.  The programs are those in $programs.

apitoken()
{
	"$programs/apitoken" --socket "$dir/run/admin.sock" "$@"
}

agent_configure()
{
	mkdir -p "$dir/pam.d"
	cat >"$dir/apitokend.conf" <<-END
	[sockets]
	auth = $dir/run/auth.sock
	user = $dir/run/user.sock
	admin = $dir/run/admin.sock
	[store]
	directory = $dir/store
	key = $dir/master.key
	END
}

# Once it is ready.  agent_start PROGRAM
agent_start()
{
	local word=

	rm -f "$dir/ready"
	mkfifo "$dir/ready"
	"$programs/$1" --config "$dir/apitokend.conf" \
	    --ready-fd 3 3>"$dir/ready" >>"$dir/log" 2>&1 </dev/null &
	agent=$!
	read -r word <"$dir/ready"
	test "$word" = ready
}

agent_stop()
{
	kill "$agent" && wait "$agent"
}
