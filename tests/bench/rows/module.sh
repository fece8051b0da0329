# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# How big the module is and how many system calls a login takes, beside the
# modules of the group peers.  Counts: once is enough.

module_logins=20
# shellcheck source=tests/bench/rows/peers.sh
declare -F prepare_peers >/dev/null || . "$bench/rows/peers.sh"

prepare_module()
{
	command -v strace >/dev/null || {
		echo "the package strace is not installed" >&2
		return 1
	}
	test ${#peers[@]} -gt 0 || prepare_peers
}

# The file of a service's module.
module_file()
{
	case $1 in
	apitoken) echo "$module" ;;
	*) echo "$pam_modules/pam_$1.so" ;;
	esac
}

# module_text FILE
module_text()
{
	size -A "$1" | awk '$1 == ".text" { print $2 }'
}

# That of the libraries that it takes along: those that a service which uses
# PAM does not have anyway.  module_libraries FILE
module_libraries()
{
	local name path sum=0

	for name in $(readelf -dW "$1" |
	    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
	    grep -v '^libc[.]\|^libpam[.]\|^ld-linux'); do
		path=$(ldd "$1" | awk -v n="$name" '$1 == n { print $3 }')
		sum=$((sum + $(module_text "$path")))
	done
	echo $sum
}

# module_relocations FILE
module_relocations()
{
	readelf -rW "$1" | grep -c ' R_'
}

# Lines of strace for so many logins, of children too.
# module_trace SERVICE LOGIN SECRET COUNT
module_trace()
{
	strace -f -o "$results/log/strace" "$bin/pamcount" "$results/pam.d" \
	    "$@" </dev/null >/dev/null 2>&1 || return
	grep -vc ' +++ \| --- ' "$results/log/strace"
}

# System calls of a login: what one more takes.  module_calls SERVICE
module_calls()
{
	local login secret first many form=${peers_source[$1]}

	login=$login_user
	secret=$login_secret
	case $form in
	users:*) login=u00000001 ;;
	corpus:*) read -r login secret <<<"$("$bin/corpuslines" 1 0 text)" ;;
	esac
	first=$(module_trace "$1" "$login" "$secret" 1) &&
	many=$(module_trace "$1" "$login" "$secret" \
	    $((module_logins + 1))) || return
	echo $(((many - first + module_logins / 2) / module_logins))
}

measure_module()
{
	local name calls text relocations least_calls='' least_text='' \
	    least_relocations='' lines=()

	test "$1" -eq 1 || return 0
	for name in "${peers[@]}"; do
		test "$name" = "${name%-*}" || continue # seen already
		text=$(module_text "$(module_file "$name")")
		relocations=$(module_relocations "$(module_file "$name")")
		calls=$(module_calls "$name") || return
		lines+=("| pam_$name | $text | $(module_libraries \
		    "$(module_file "$name")") | $relocations | $calls |")
		case $name in
		permit) continue ;; # checks nobody
		apitoken)
			our_text=$text our_calls=$calls
			our_relocations=$relocations
			continue
			;;
		esac
		least_text=$(lesser "$least_text" "$text")
		least_calls=$(lesser "$least_calls" "$calls")
		least_relocations=$(lesser "$least_relocations" "$relocations")
	done
	{
		printf '\n### The modules\n\n'
		echo '| module | .text, bytes | .text of its libraries |' \
		    'relocations | system calls of a login |'
		echo '|---|--:|--:|--:|--:|'
		printf '%s\n' "${lines[@]}"
	} | more
	measured module-text 1 "$our_text" "$least_text"
	measured module-relocations 1 "$our_relocations" "$least_relocations"
	measured module-calls 1 "$our_calls" "$least_calls"
}

# The smaller of two numbers, of which the first may be empty.
lesser()
{
	if test -z "$1" || test "$2" -lt "$1"; then
		echo "$2"
	else
		echo "$1"
	fi
}
