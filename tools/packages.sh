# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# Debian packages for tools/demo, tools/check and make bench: sourced, not run.

# What building takes.
packages_build="autoconf automake libtool pkg-config gcc libc6-dev make
    libpam0g-dev liblmdb-dev libsodium-dev libinih-dev libseccomp-dev
    libjansson-dev libsmartcols-dev"

# What `make bench` compares with, and what it counts and draws with.  A peer
# that is not installed is left out.
packages_bench="bc binutils curl db5.3-util gnuplot-nox libpam-pwdfile
    openssh-server procps sasl2-bin sshpass strace vsftpd whois"

policy=/usr/sbin/policy-rc.d
policy_mark="# of apitoken's tools/packages.sh, for the time of an installation"

# Installs those that are missing, if any.  Starts no service, removes no
# package, edits no file.  packages_install NAME...
packages_install()
{
	local missing=() name status

	for name in "$@"; do
		packages_has "$name" || missing+=("$name")
	done
	test ${#missing[@]} -gt 0 || return 0
	echo "installing ${missing[*]}"
	packages_hold_services
	packages_apt update &&
	packages_apt install --yes --no-install-recommends --no-remove \
	    "${missing[@]}"
	status=$?
	packages_free_services
	return $status
}

packages_has()
{
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
	    grep -qx installed
}

packages_apt()
{
	DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
	    apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
	    -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# Unpacks packages into a folder, for those that exclude each other or what is
# installed.  What they need is not brought along: that is installed like
# anything else.  packages_unpack FOLDER NAME...
packages_unpack()
{
	local folder=$1 deb
	shift

	mkdir -p "$folder/.debs" &&
	(cd "$folder/.debs" && packages_fetch "$@") || return
	for deb in "$folder"/.debs/*.deb; do
		dpkg-deb -x "$deb" "$folder" || return
	done
	if find "$folder/usr" -path '*bin/*' -type f -exec ldd {} + 2>/dev/null |
	    grep 'not found'; then
		echo "$*: what they need is not installed" >&2
		return 1
	fi
}

# Fetches packages into this folder, by way of apt's cache: once a machine.
packages_fetch()
{
	local cache=/var/cache/apt/archives name

	packages_apt download --print-uris "$@" >/dev/null 2>&1 ||
		packages_apt update || return
	for name in $(packages_apt download --print-uris "$@" |
	    awk '{ print $2 }'); do
		test ! -e "$cache/$name" || cp "$cache/$name" . || return
	done
	# Lists may be older than what the mirror has.
	packages_apt download "$@" ||
		{ packages_apt update && packages_apt download "$@"; } || return
	cp -n ./*.deb $cache/
}

# Debian's way to install a server and not to start it.
packages_hold_services()
{
	test ! -e $policy || return 0
	trap packages_free_services EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >$policy
	chmod 0755 $policy
}

# Also what a run before this one left when it was killed.
packages_free_services()
{
	if grep -qxF "$policy_mark" $policy 2>/dev/null; then
		rm $policy
	fi
	trap - EXIT INT TERM
}
