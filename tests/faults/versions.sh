#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# versions.sh SOURCES BUILDDIR: the module, the agent and the CLI that were
# built, against a module and an agent of the next protocol version, which are
# built here from a copy of proto.h with another number.  Whoever meets another
# version says so: the module that there is no verdict, never that somebody may
# come in.  Started by root, it goes on as nobody.

sources=$(cd "${1:?usage: versions.sh SOURCES BUILDDIR}" && pwd) || exit 2
build=$(cd "${2:?usage: versions.sh SOURCES BUILDDIR}" && pwd) || exit 2
passed=0
failed=0

# Before everything else an include finds proto.h here.
make_header()
{
	mkdir -p "$dir/next/common" "$dir/objects" "$dir/bin" &&
	sed 's/^#define PROTO_VERSION 1$/#define PROTO_VERSION 2/' \
	    "$sources/common/proto.h" >"$dir/next/common/proto.h" &&
	! cmp -s "$sources/common/proto.h" "$dir/next/common/proto.h"
}

# compile FOLDER... : an object for each source file.
compile()
{
	local flags=(-std=gnu17 -O1 -fPIC -D_GNU_SOURCE "-I$dir/next"
	    "-I$sources" -DAPITOKEN_CONFINES=true)
	local name

	for name in PACKAGE_VERSION APITOKEN_SYSCONFDIR APITOKEN_STATEDIR \
	    APITOKEN_RUNDIR APITOKEN_AGENT_USER; do
		flags+=("-D$name=\"nobody\"")
	done
	# shellcheck disable=SC2016
	(cd "$sources" && find "$@" -maxdepth 1 -name '*.c') |
	    xargs -P "$(nproc)" -I '{}' sh -c 'file=$1; dir=$2; sources=$3
		shift 3
		cc "$@" -c -o "$dir/objects/$(echo "$file" | tr / -).o" \
		    "$sources/$file"' sh '{}' "$dir" "$sources" "${flags[@]}"
}

build_next()
{
	make_header &&
	compile agent agent/model agent/store agent/server common \
	    pam_apitoken &&
	cc -shared -o "$dir/bin/module-2.so" "$dir"/objects/pam_apitoken-* \
	    "$dir"/objects/common-* -lpam &&
	cc -o "$dir/bin/apitokend-2" "$dir"/objects/agent-* \
	    "$dir"/objects/common-* -llmdb -lsodium -linih -lseccomp -pthread &&
	cp "$build/.libs/pam_apitoken.so" "$dir/bin/module-1.so" &&
	cp "$build/apitokend" "$dir/bin/apitokend-1" &&
	cp "$build/apitoken" "$build/tests/services/pamlogin" "$dir/bin/" &&
	cp "$sources/tests/agentdir.sh" "$dir/bin/" &&
	cp "$0" "$dir/bin/versions.sh"
}

begin()
{
	dir=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	build_next || exit 2
	if test "$(id -u)" -ne 0; then
		VERSIONS_DIR=$dir bash "$dir/bin/versions.sh" / /
	else
		chown -R nobody "$dir"
		VERSIONS_DIR=$dir setpriv --reuid=nobody --regid=nogroup \
		    --clear-groups bash "$dir/bin/versions.sh" / /
	fi
	exit
}

# check WHAT COMMAND...
check()
{
	local what=$1
	shift

	if "$@"; then
		echo "versions: $what"
		passed=$((passed + 1))
	else
		echo "FAILED: versions: $what" >&2
		failed=$((failed + 1))
	fi
}

configure()
{
	local i module

	agent_configure
	for i in 1 2; do
		module="$dir/bin/module-$i.so socket=$dir/run"
		module+=" agent_uid=$(id -u) nodelay"
		printf 'auth required %s\n' "$module" >"$dir/pam.d/svc$i"
		printf 'account required %s\n' "$module" >>"$dir/pam.d/svc$i"
	done
}

# logs_in MODULE CODE FILE: libpam's code for that module.
logs_in()
{
	"$dir/bin/pamlogin" "$dir/pam.d" "svc$1" alice <"$3" 2>"$dir/said"
	local code=$?

	test "$code" -eq "$2" && return
	echo "libpam's code is $code, not $2" >&2
	cat "$dir/said" >&2
	return 1
}

says()
{
	grep -q "$1" "$dir/log"
}

cli_refuses()
{
	! apitoken list >"$dir/said" 2>&1 && grep -q "another release" "$dir/said"
}

test -n "${VERSIONS_DIR-}" || begin
dir=$VERSIONS_DIR
programs=$dir/bin
# shellcheck source=tests/agentdir.sh
. "$programs/agentdir.sh"
umask 077
cd "$dir" || exit 2
success=0
unavailable=9

configure
check "the agent of today starts" agent_start apitokend-1
apitoken create t --user alice --quiet >"$dir/token"
echo "atk_not_a_token" >"$dir/none"
check "module of today" logs_in 1 $success "$dir/token"
check "next module, older agent: no verdict" \
    logs_in 2 $unavailable "$dir/token"
check "nor for what is no token" logs_in 2 7 "$dir/none"
check "the agent stops" agent_stop
check "the log says why" says 'other protocol version'
: >"$dir/log"
check "the next agent starts on the same store" agent_start apitokend-2
check "next module" logs_in 2 $success "$dir/token"
check "module of today, next agent: no verdict" \
    logs_in 1 $unavailable "$dir/token"
check "the CLI of today says that versions differ" cli_refuses
check "the next agent stops" agent_stop
check "the log says why, too" says 'other protocol version'
echo "versions: $passed passed, $failed failed"
test $failed -eq 0
