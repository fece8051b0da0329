#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# packages.sh SOURCES: builds the Debian packages from a copy of the sources,
# has lintian look at them, and installs, uses, upgrades, removes and purges
# them on a machine of its own, under a real systemd (machine.sh).  Root
# needed; nothing of this machine changes.

here=$(cd "$(dirname "$0")" && pwd) || exit 2
# shellcheck source=tests/packages/machine.sh
. "$here/machine.sh"
if test $# -ne 1 || ! test -e "$1/debian/rules"; then
	echo "usage: packages.sh SOURCES" >&2
	exit 2
fi
sources=$(cd "$1" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/apitoken-packages.XXXXXX") || exit 2
trap 'machine_stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
passed=0
failed=0

# check WHAT COMMAND...
check()
{
	local what=$1
	shift

	if "$@" >"$work/said" 2>&1; then
		echo "packages: $what"
		passed=$((passed + 1))
	else
		echo "FAILED: packages: $what" >&2
		tail -n 30 "$work/said" >&2
		failed=$((failed + 1))
	fi
}

build()
{
	mkdir "$work/build" "$work/debs" &&
	cp -a "$sources" "$work/build/apitoken" &&
	(cd "$work/build/apitoken" && { test ! -e Makefile || make distclean; } &&
	DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" \
	    dpkg-buildpackage -us -uc) >"$work/build/log" 2>&1 &&
	mv "$work"/build/*.deb "$work/debs/" && return
	grep -a -n -m 10 'error\|missing' "$work/build/log"
	tail -n 10 "$work/build/log"
	return 1
}

# The package's version is that of the sources.
same_version()
{
	local ours

	ours=$(sed -n 's/^AC_INIT(\[apitoken\], \[\(.*\)\], \[\], .*/\1/p' \
	    "$sources/configure.ac")
	test -n "$ours" &&
	test "$(dpkg-parsechangelog -l "$sources/debian/changelog" \
	    -S Version)" = "$ours"
}

clean_by_lintian()
{
	lintian --fail-on error,warning --allow-root \
	    "$work"/build/*.changes
}

# The same under a later version, as an upgrade.
bump()
{
	local deb

	mkdir "$work/later" || return
	for deb in "$work"/debs/*.deb; do
		rm -rf "$work/unpacked"
		dpkg-deb -R "$deb" "$work/unpacked" &&
		sed -i 's/^Version: .*/&.1/' "$work/unpacked/DEBIAN/control" &&
		dpkg-deb -Znone -b "$work/unpacked" "$work/later/" || return
	done
}

# What the steps inside take.
stage()
{
	local root

	root=$(machine_root)
	mkdir "$root/tmp/debs" "$root/tmp/later" &&
	cp "$work"/debs/*.deb "$root/tmp/debs/" &&
	cp "$work"/later/*.deb "$root/tmp/later/" &&
	cp "$here/inside.sh" "$root/tmp/inside.sh"
}

check "the changelog has the version of configure.ac" same_version
check "dpkg-buildpackage builds them" build
mv "$work"/debs/*.deb "$work/build/" 2>/dev/null
check "lintian finds nothing" clean_by_lintian
mv "$work"/build/*.deb "$work/debs/" 2>/dev/null
check "a later version of them" bump
if ! mkdir "$work/machine" || ! machine_start "$work/machine" || ! stage; then
	echo "packages: there is no machine to try them on" >&2
	exit 2
fi
machine_in timeout 500 bash /tmp/inside.sh >"$work/inside" 2>&1
grep -v '^inside: ' "$work/inside"
numbers=$(sed -n 's/^inside: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' \
    "$work/inside")
# One that died before it could count has failed.
numbers=${numbers:-0 1}
passed=$((passed + ${numbers% *}))
failed=$((failed + ${numbers#* }))
echo "packages: $passed passed, $failed failed"
test $failed -eq 0
