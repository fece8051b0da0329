# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A machine to install packages on: sourced, not run.  It is a copy of the root
# folder that only lasts as long as a real systemd in namespaces of its own,
# which has the copy for its root; what is written goes into memory.  Root
# needed; nothing outside changes but a cgroup that goes at the end.

# machine_start FOLDER: in an empty folder of the caller's.
machine_start()
{
	machine=$1
	machine_log=$machine/log
	mkdir "$machine/root" "$machine/upper" &&
	machine_cgroup=$(mktemp -d \
	    "$(machine_cgroups)/apitoken-test.XXXXXX") || return
	machine_run &
	machine_unshare=$!
	machine_await "a systemd" machine_find &&
	machine_await "systemd to be up" machine_is_up
}

# Where the hierarchy of version 2 is.
machine_cgroups()
{
	awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

machine_run()
{
	local self=${BASH_SOURCE[0]}

	echo "$BASHPID" >"$machine_cgroup/cgroup.procs" || exit
	# shellcheck disable=SC2016
	exec unshare --mount --pid --cgroup --uts --ipc --net --fork \
	    --kill-child --propagation private \
	    bash -c '. "$1" && machine_boot "$2"' bash "$self" "$machine" \
	    >"$machine_log" 2>&1 </dev/null
}

# Inside: becomes systemd.
machine_boot()
{
	local root=$1/root

	set -e
	mount -t tmpfs -o mode=0755 upper "$1/upper"
	mkdir "$1/upper/upper" "$1/upper/work"
	mount -t overlay -o \
	    "lowerdir=/,upperdir=$1/upper/upper,workdir=$1/upper/work" \
	    root "$root"
	machine_mounts "$root"
	machine_units "$root/etc/systemd/system"
	# As systemd leaves it to those who make containers: it hands credentials
	# over by a mount that a child of it makes.
	mount --make-rshared "$root"
	rm -f "$root/usr/sbin/policy-rc.d" "$root/var/lib/man-db/auto-update"
	ip link set lo up
	export container=apitoken-test
	exec chroot "$root" /lib/systemd/systemd --system \
	    --log-target=console --show-status=no
}

machine_mounts()
{
	local root=$1 name

	mount -t proc proc "$root/proc"
	mount --bind "$root/proc/sys" "$root/proc/sys"
	mount -o remount,bind,ro "$root/proc/sys"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
	mount -t tmpfs -o mode=0755 dev "$root/dev"
	for name in null zero full random urandom tty; do
		touch "$root/dev/$name"
		mount --bind "/dev/$name" "$root/dev/$name"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts \
	    "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	mount -t tmpfs -o mode=0755 run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
}

# What is installed here besides is none of the test's business, and what
# would look after a whole machine has none.
machine_units()
{
	local folder=$1 name

	rm -rf "$folder"/*.wants
	ln -sfn /lib/systemd/system/basic.target "$folder/default.target"
	for name in dev-hugepages.mount dev-mqueue.mount \
	    sys-fs-fuse-connections.mount sys-kernel-config.mount \
	    sys-kernel-debug.mount sys-kernel-tracing.mount \
	    proc-sys-fs-binfmt_misc.automount kmod-static-nodes.service \
	    systemd-binfmt.service systemd-firstboot.service \
	    systemd-hwdb-update.service systemd-modules-load.service \
	    systemd-random-seed.service systemd-remount-fs.service \
	    systemd-sysctl.service systemd-sysusers.service \
	    systemd-udevd.service systemd-udev-trigger.service \
	    systemd-udevd-control.socket systemd-udevd-kernel.socket \
	    systemd-update-utmp.service systemd-journal-flush.service; do
		ln -sfn /dev/null "$folder/$name"
	done
}

# Sets machine_pid.
machine_find()
{
	machine_pid=$(cat "/proc/$machine_unshare/task/$machine_unshare/children") &&
	machine_pid=${machine_pid% } &&
	test "$(cat "/proc/$machine_pid/comm")" = systemd
}

# systemctl waits for the end of the start.
machine_is_up()
{
	case $(machine_in timeout 60 systemctl is-system-running --wait) in
	running | degraded) return 0 ;;
	esac
	return 1
}

# Runs a command there.
machine_in()
{
	nsenter -t "$machine_pid" -m -p -C -u -i -n -r -w "$@" </dev/null
}

# The root folder there, seen from here.
machine_root()
{
	echo "/proc/$machine_pid/root"
}

# Everything in it dies with its first process.
machine_stop()
{
	test -z "${machine_pid-}" || kill -KILL "$machine_pid" 2>/dev/null
	test -z "${machine_unshare-}" || wait "$machine_unshare" 2>/dev/null
	machine_pid=
	machine_unshare=
	test -z "${machine_cgroup-}" ||
	    machine_await "the cgroup to go" machine_sweep
}

machine_sweep()
{
	find "$machine_cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
	test ! -d "$machine_cgroup"
}

# Looks again and again, for two minutes at most.
# machine_await WHAT COMMAND...
machine_await()
{
	local what=$1 end=$((SECONDS + 120))
	shift

	until "$@" 2>/dev/null; do
		if test $SECONDS -ge $end; then
			echo "$what: it did not come about in 120 seconds" >&2
			tail -n 20 "$machine_log" >&2
			return 1
		fi
		sleep 0.05
	done
}
