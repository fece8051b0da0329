# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Where it is measured: sourced by bench.sh.  What is changed is seen from the
# inside only: namespaces of mounts and processes, a copy of /etc, an empty
# /run.  What was started there ends with the script, however that ends.

# User of the agent, and one who logs in with a password.
agent_user=_apitoken
login_user=bench-y
# As long as 256 bits in base64url.
login_secret=Vn4yQm0c7pTzE1uWb9RkXs2LfHa8JdGoC6iNtB3vKeM

# The outside makes RESULTS and starts the script again on the inside.
# stage_enter SCRIPT BUILD RESULTS ARGUMENT...
stage_enter()
{
	test -z "${BENCH_OUTSIDE-}" ||
		test "$(readlink /proc/self/ns/mnt)" = "$BENCH_OUTSIDE" ||
		return 0
	if test "$(id -u)" -ne 0; then
		echo "bench.sh: it must be run as root: it makes namespaces" >&2
		exit 2
	fi
	mkdir -p "$3" || exit 2
	BENCH_OUTSIDE=$(readlink /proc/self/ns/mnt)
	export BENCH_OUTSIDE
	trap 'kill -KILL "$inside" 2>/dev/null; exit 130' HUP INT TERM
	# Should this shell be killed, so is the inside.
	setpriv --pdeathsig KILL unshare --mount --propagation private \
	    --pid --fork --kill-child --mount-proc bash "$@" </dev/null &
	inside=$!
	wait "$inside"
	exit
}

# Everything but the daemons.  Sockets are in $sock, whose path is short.
stage_set()
{
	commit=$(git -C "$top" describe --always --dirty 2>/dev/null)
	stage_copy || return
	bin=$build/tests/bench
	module=$build/.libs/pam_apitoken.so
	floor_module=$bin/.libs/pam_floor.so
	pam_modules=$(dirname "$(find /lib /usr/lib -name pam_permit.so |
	    head -n 1)")
	chmod 0755 "$results" &&
	rm -rf "${results:?}/etc" "$results/log" "$results/pam.d" &&
	cp -a /etc "$results/etc" &&
	mkdir "$results/log" "$results/pam.d" &&
	mount --bind "$results/etc" /etc &&
	mount --bind "$results/pam.d" /etc/pam.d &&
	mount -t tmpfs -o mode=0755 run /run &&
	mkdir -p /run/bench /run/sshd /run/vsftpd/empty &&
	sock=/run/bench &&
	stage_users &&
	pam_service other pam_deny.so pam_deny.so &&
	# The time that pam_exec takes grows with it.
	ulimit -n 1024
}

# Whoever builds meanwhile does not change what is measured.
stage_copy()
{
	local programs

	cd "$build" &&
	mapfile -t programs < <(find tests/bench -maxdepth 1 -type f -perm -u+x) &&
	rm -rf "${results:?}/build" &&
	mkdir "$results/build" &&
	cp --parents apitokend apitoken .libs/pam_apitoken.so \
	    tests/bench/.libs/pam_floor.so "${programs[@]}" "$results/build/" &&
	build=$results/build &&
	cd "$results" || return
}

stage_users()
{
	printf '%s: files\n' passwd shadow group hosts >/etc/nsswitch.conf
	sed -i "/^\($agent_user\|$login_user\):/d" /etc/passwd /etc/group \
	    /etc/shadow
	printf '%s:x:%d:%d::/:/bin/sh\n' "$agent_user" 64100 64100 \
	    "$login_user" 64101 64101 >>/etc/passwd
	printf '%s:x:%d:\n' "$agent_user" 64100 "$login_user" 64101 \
	    >>/etc/group
	printf '%s:*:19000:0:99999:7:::\n' "$agent_user" >>/etc/shadow
	printf '%s:%s:19000:0:99999:7:::\n' "$login_user" \
	    "$(crypted yescrypt)" >>/etc/shadow
}

# The secret, hashed.  crypted METHOD
crypted()
{
	mkpasswd -m "$1" "$login_secret"
}

# The file of a PAM service.  pam_service NAME AUTH-MODULE [ACCOUNT-MODULE]
pam_service()
{
	printf 'auth required %s\naccount required %s\n' "$2" \
	    "${3:-pam_permit.so}" >"$results/pam.d/$1"
}

# Looks again and again, for a minute at most.  await WHAT COMMAND...
await()
{
	local what=$1 end=$((SECONDS + 60))
	shift

	until "$@" 2>/dev/null; do
		if test $SECONDS -ge $end; then
			echo "$what: it did not come about in a minute" >&2
			return 1
		fi
		sleep 0.02
	done
}

# Starts an agent over the store of a name, if it does not run: its sockets
# are in $sock/NAME, its pid in $agent_pid.  agent_start NAME
declare -A agents
agent_start()
{
	local dir=$sock/$1 word=

	agent_pid=${agents[$1]-}
	test -z "$agent_pid" || return 0
	mkdir -p "$dir"
	agent_config "$1" >"$dir/apitokend.conf"
	rm -f "$dir/ready"
	mkfifo "$dir/ready"
	"$build/apitokend" --config "$dir/apitokend.conf" --ready-fd 3 \
	    3>"$dir/ready" >>"$results/log/agent-$1" 2>&1 </dev/null &
	agent_pid=$!
	read -r word <"$dir/ready"
	if test "$word" != ready; then
		echo "the agent is not ready; its log:" >&2
		tail -n 20 "$results/log/agent-$1" >&2
		return 1
	fi
	agents[$1]=$agent_pid
}

# As shipped but for the places; what is expired stays.
agent_config()
{
	cat <<-END
	[agent]
	user = $agent_user
	[sockets]
	auth = $sock/$1/auth.sock
	user = $sock/$1/user.sock
	admin = $sock/$1/admin.sock
	saslauthd = $sock/$1/mux
	[store]
	directory = $results/store-$1
	key = $results/key-$1
	[limits]
	retention = never
	END
}

# agent_stop NAME
agent_stop()
{
	test -n "${agents[$1]-}" || return 0
	kill "${agents[$1]}"
	wait "${agents[$1]}"
	unset "agents[$1]"
}

# All that run, the least agents too: one that was killed would have its store
# looked through when it starts again.
agents_stop()
{
	local name

	for name in "${!agents[@]}"; do
		agent_stop "$name"
	done
}

# apitoken, as root, at the agent of a store.  apitoken_at NAME ARGUMENT...
apitoken_at()
{
	local name=$1
	shift

	"$build/apitoken" --socket "$sock/$name/admin.sock" "$@"
}

# A store of so many tokens of the corpus in store-COUNT, made by the agent
# that is started for it, and which runs then; once.  store_make COUNT
declare -A stores
store_make()
{
	local began

	if test -z "${stores[$1]-}" && test -n "${BENCH_KEEP-}" &&
	    test -e "$results/store-$1/made"; then
		echo "using the store of $1 tokens of an earlier run"
		stores[$1]=1
	fi
	if test -n "${stores[$1]-}"; then
		agent_start "$1"
		return
	fi
	rm -rf "$results/store-$1" "$results/key-$1"
	agent_start "$1" || return
	began=$EPOCHREALTIME
	"$bin/corpuslines" "$1" |
	    apitoken_at "$1" import --yes --quiet - >"$results/log/import-$1" ||
		return
	awk -v n="$1" -v began="$began" -v ended="$EPOCHREALTIME" 'BEGIN {
		printf "made a store of %d tokens in %.1f s\n", n, ended - began
	}'
	stores[$1]=1
	touch "$results/store-$1/made"
}

# The least agent over as many; $sock/least-COUNT, $least_pid.
# least_start COUNT
least_start()
{
	local table=$results/least-$1 path=$sock/least-$1

	least_pid=${agents[least-$1]-}
	test -z "$least_pid" || return 0
	if test -z "${BENCH_KEEP-}" || ! test -e "$table/made"; then
		rm -rf "$table"
		"$bin/least" fill "$table" "$1" && touch "$table/made" || return
	fi
	"$bin/least" serve "$path" "$table" &
	least_pid=$!
	agents[least-$1]=$least_pid
	await "the least agent" test -S "$path"
}

# A server that answers without looking: $sock/floor, $floor_pid.
floor_start()
{
	floor_pid=${agents[floor]-}
	test -z "$floor_pid" || return 0
	"$bin/least" serve "$sock/floor" &
	floor_pid=$!
	agents[floor]=$floor_pid
	await "the floor's server" test -S "$sock/floor"
}
