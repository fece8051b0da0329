# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# A stage for real services: sourced, not run.  What it changes is seen from
# the inside only (namespaces of mounts and processes with copies of
# /etc/pam.d and /etc/passwd, an empty /run and /var/log, a /dev with a
# listener for syslog) and is gone when the script ends, however it ends.
#
# Sets STAGE, a folder for the time of the run; BUILD names what was built.

user_a=alice
user_b=bob
user_ids=(61871 61872)
user_passwords=('correct horse battery staple' 'a lantern under the old bridge')
group_id=61870
agent_pid=
daemon_pids=()
# shellcheck source=tests/services/docs.sh
. "${BASH_SOURCE[0]%/*}/docs.sh"
# shellcheck source=tests/services/agent.sh
. "${BASH_SOURCE[0]%/*}/agent.sh"

# The beginning of every script: the outside makes the folder, starts the
# script again on the inside, removes the folder.  Returns on the inside.
# stage_enter SCRIPT ARGUMENT...
stage_enter()
{
	! stage_is_inside || return 0
	if test "$(id -u)" -ne 0; then
		echo "${1##*/}: it must be run as root: it makes namespaces" >&2
		exit 2
	fi
	# Its mounts could not be kept from the outside.
	if ! mountpoint -q /; then
		echo "${1##*/}: this is a chroot whose root is no mount point:" \
		    "on the outside, mount --bind it on itself first" >&2
		exit 2
	fi
	STAGE=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
	STAGE_OUTSIDE=$(readlink /proc/self/ns/mnt)
	export STAGE STAGE_OUTSIDE
	chmod 0755 "$STAGE"
	trap 'stage_leave' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	# Should this shell be killed, so is the inside.
	setpriv --pdeathsig KILL unshare --mount --propagation private \
	    --pid --fork --kill-child --mount-proc bash "$@" </dev/null &
	inside=$!
	wait "$inside"
	exit
}

stage_is_inside()
{
	test -n "${STAGE_OUTSIDE-}" &&
	test "$(readlink /proc/self/ns/mnt)" != "$STAGE_OUTSIDE"
}

# Ending unshare kills whatever is left on the inside.  What the script made
# before and names in stage_leftover goes too.
stage_leave()
{
	local status=$?

	kill -KILL "${inside:-$BASHPID}" 2>/dev/null
	wait
	rm -rf "$STAGE" ${stage_leftover:+"$stage_leftover"}
	exit "$status"
}

# Everything but the daemons.  stage_set BUILDDIR
stage_set()
{
	local build=$1

	mkdir -p "$STAGE"/{bin,log,etc,home,out,tokens}
	chmod 0700 "$STAGE/tokens"
	# Copies: nobody may be kept out of the folder it was built in.
	cp "$build/apitokend" "$build/apitoken" \
	    "$build/.libs/pam_apitoken.so" "$STAGE/bin/" || return
	module=$STAGE/bin/pam_apitoken.so
	secrets=$STAGE/tokens/all
	: >"$secrets"
	# Where clients leave what they got.
	out=$STAGE/out
	stage_mounts && stage_users && stage_config
}

stage_mounts()
{
	cp -a /etc/pam.d "$STAGE/etc/pam.d" &&
	mount --bind "$STAGE/etc/pam.d" /etc/pam.d &&
	mount -t tmpfs -o mode=0755 run /run &&
	mount -t tmpfs -o mode=0755 log /var/log &&
	mkdir -p /run/sshd &&
	touch /var/log/wtmp /var/log/btmp /var/log/lastlog
}

# A /dev without what listens for the log outside.
stage_dev()
{
	local name

	mkdir "$STAGE/dev" &&
	mount -t tmpfs -o mode=0755 dev "$STAGE/dev" || return
	for name in null zero full random urandom tty; do
		touch "$STAGE/dev/$name" &&
		mount --bind "/dev/$name" "$STAGE/dev/$name" || return
	done
	mkdir "$STAGE/dev/pts" "$STAGE/dev/shm" &&
	mount --rbind /dev/pts "$STAGE/dev/pts" &&
	mount --rbind /dev/shm "$STAGE/dev/shm" &&
	ln -s pts/ptmx "$STAGE/dev/ptmx" &&
	ln -s /proc/self/fd "$STAGE/dev/fd" &&
	mount --move "$STAGE/dev" /dev
}

# What programs say to syslog goes to log/syslog.
stage_syslog()
{
	stage_dev || return
	# -S: without the host's name and its level.
	busybox syslogd -n -S -O "$STAGE/log/syslog" &
	daemon_pids+=($!)
	stage_await "syslog" test -S /dev/log
}

stage_users()
{
	local i name file

	for file in passwd group shadow; do
		touch "$STAGE/etc/$file" &&
		chmod --reference="/etc/$file" "$STAGE/etc/$file" &&
		grep -v "^$user_a:\|^$user_b:" "/etc/$file" \
		    >"$STAGE/etc/$file" || return
	done
	echo "$user_a:x:$group_id:" >>"$STAGE/etc/group"
	for i in 0 1; do
		name=$user_a
		test $i -eq 0 || name=$user_b
		echo "$name:x:${user_ids[i]}:$group_id::$STAGE/home/$name:/bin/sh" \
		    >>"$STAGE/etc/passwd"
		echo "$name:$(echo "${user_passwords[i]}" |
		    openssl passwd -6 -stdin):19000:0:99999:7:::" \
		    >>"$STAGE/etc/shadow" || return
		mkdir "$STAGE/home/$name"
		echo "home of $name" >"$STAGE/home/$name/hello"
		chown -R "${user_ids[i]}:$group_id" "$STAGE/home/$name"
	done
	for file in passwd group shadow; do
		mount --bind "$STAGE/etc/$file" "/etc/$file" || return
	done
}

stage_config()
{
	agent_socket=$STAGE/run/admin.sock
	cat >"$STAGE/apitokend.conf" <<-END
	[agent]
	user = nobody
	[sockets]
	auth = $STAGE/run/auth.sock
	user = $STAGE/run/user.sock
	admin = $agent_socket
	saslauthd = $STAGE/run/mux
	[store]
	directory = $STAGE/store
	key = $STAGE/master.key
	END
	chmod 0644 "$STAGE/apitokend.conf"
}

# Where the kernel keeps a container from saying who logged in, sshd's session
# goes on without.
stage_loginuid()
{
	if (test ! -e /proc/self/loginuid || echo 0 >/proc/self/loginuid) \
	    2>/dev/null; then
		cat
	else
		sed '/pam_loginuid/s/required/optional/'
	fi
}

# The file that docs/services.md has for a service, with the module and the
# sockets of the stage, and more arguments if one says so.
# stage_pam SERVICE token|both MODULE-ARGUMENT...
stage_pam()
{
	local service=$1 form=$2
	shift 2

	docs_block pam "$service" "$form" |
	    sed "/^[^#]*pam_apitoken/s,pam_apitoken.so,$module socket=$STAGE/run${*:+ $*}," |
	    stage_loginuid >"/etc/pam.d/$service" &&
	grep -q "$module" "/etc/pam.d/$service"
}

# What docs/services.md adds to the agent's configuration for a service.
# stage_callers SERVICE
stage_callers()
{
	docs_block agent "$1" >>"$STAGE/apitokend.conf"
}

# Looks again and again, for a minute at most.  stage_await WHAT COMMAND...
stage_await()
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

# A port of the loopback interface where nobody listens, in port.
stage_port()
{
	port=$((20000 + RANDOM % 10000))
	while stage_listens "$port"; do
		port=$((port + 1))
	done
}

log_size()
{
	stat -c %s "$STAGE/log/$1"
}

# Whether a log says it after its first SIZE bytes.  says LOG SIZE PATTERN
says()
{
	tail -c "+$(($2 + 1))" "$STAGE/log/$1" | grep -aq -- "$3"
}

# In a shell of its own: it takes the connection along when it ends.
stage_listens()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Whether a process is gone; a zombie is.
stage_ended()
{
	local state

	state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
	case $state in
	"" | Z* | X*) return 0 ;;
	esac
	return 1
}

# Ends a daemon that this shell started.  stage_end PID [SIGNAL]
stage_end()
{
	kill "-${2:-TERM}" "$1" 2>/dev/null
	if ! stage_await "process $1 to end" stage_ended "$1"; then
		kill -KILL "$1"
	fi
	wait "$1" 2>/dev/null
}
