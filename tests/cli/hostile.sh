#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hostile.sh BUILDDIR: names, addresses and descriptions that would act on a
# terminal, a log, a shell or a format, in every place where they are shown:
# each is refused or shown, escaped, and never interpreted.

build=$(cd "${1:?usage: hostile.sh BUILDDIR}" && pwd) || exit 2
passed=0
failed=0

# Each begins with a word to find it by; SHELL makes a file if it is run.
# shellcheck disable=SC2016
texts=(
	$'newline\nINJECTED accepted'
	$'return\rINJECTED'
	$'escape\e[2J\e]0;title\a'
	$'bidi\u202etxt.exe\u2066'
	$'invisible\u200b\u00ad\ufeff'
	$'csi\u009b31m'
	$'invalid\xff\xc0\xaf\xed\xa0\x80'
	$'cut\xe2\x82'
	"quotes\"'\`\\"
	'percent%n%s%s%x%99999d'
	'dollar$(touch SHELL)${PATH}'
	'backtick`touch SHELL`;touch SHELL|touch SHELL'
	'markup<b>&amp;</b>'
	'json","id":"injected'
	'formula=1+1,@x'
	'-option'
	'../../etc/passwd'
)

# Whether bytes on standard input act on nobody.  Tables end lines with
# newlines; nothing else that moves a cursor, reverses or hides is there.
is_harmless()
{
	perl -0777 -ne '
		if (/[\x00-\x09\x0b-\x1f\x7f]/) {
			print "a control character\n"; exit 1;
		}
		if (/^INJECTED/m) { print "a line that was made up\n"; exit 1; }
		my $text = $_;
		unless (utf8::decode($text)) { print "no UTF-8\n"; exit 1; }
		if ($text =~ /[\x{80}-\x{9f}\x{ad}\x{61c}\x{200b}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]/) {
			printf "U+%04x\n", ord $&; exit 1;
		}'
}

# check WHAT FILE: what was shown there.
check()
{
	local why

	if why=$(is_harmless <"$2") && ! test -e "$dir/SHELL"; then
		passed=$((passed + 1))
		return
	fi
	test ! -e "$dir/SHELL" || why="it was run"
	rm -f "$dir/SHELL"
	echo "FAILED: hostile: $1: $why" >&2
	failed=$((failed + 1))
}

# Runs a command and looks at what it says, which is an answer or a refusal: not
# that nobody listens or that there is no such option, but for rows about these.
# shows WHAT COMMAND...
shows()
{
	local what=$1 status why=
	shift

	"$@" >"$dir/shown" 2>&1 </dev/null
	status=$?
	case $status:$what in
	6:*": socket" | [0-57]:* | 10:*) ;;
	*) why="status $status" ;;
	esac
	case $what in
	*": option") ;;
	*) ! grep -q 'unknown option' "$dir/shown" ||
		why='there is no such option' ;;
	esac
	if test -z "$why"; then
		check "$what" "$dir/shown"
		return
	fi
	echo "FAILED: hostile: $what: $why" >&2
	failed=$((failed + 1))
}

configure()
{
	mkdir -p "$dir/pam.d" "$dir/root/etc/pam.d" "$dir/home"
	agent_configure
	echo 'map_size = 16M' >>"$dir/apitokend.conf"
	test "$(id -u)" -ne 0 ||
	    sed -i '1i [agent]\nuser = nobody' "$dir/apitokend.conf"
	cat >"$dir/pam.d/svc" <<-END
	auth required $build/.libs/pam_apitoken.so socket=$dir/run agent_uid=$(id -u) nodelay debug
	END
}

# Whatever takes a text that is kept.
say_all()
{
	local text=$1 name=${1%%[!a-z]*}

	shows "$name: create" apitoken create "$text" --user alice --output "$dir/t1"
	shows "$name: create -o json" apitoken create "n$text" --user alice \
	    -o json --dry-run
	shows "$name: --description" apitoken create "d-$name" --user alice \
	    --description "$text" --output "$dir/t2"
	shows "$name: --user" apitoken create "u-$name" --user "$text" \
	    --output "$dir/t3"
	shows "$name: --expires" apitoken create x --user alice --expires "$text"
	shows "$name: --from" apitoken create x --user alice --from "$text"
	shows "$name: --allow" apitoken create x --user alice --allow "$text"
	shows "$name: --environment" apitoken create x --user alice \
	    --environment "$text"
	shows "$name: revoke --reason" apitoken revoke "d-$name" \
	    --reason "$text" --yes
	shows "$name: project" apitoken project create "$text"
	shows "$name: project description" apitoken project create "p$RANDOM" \
	    --description "$text"
	shows "$name: role" apitoken role create "$text" \
	    --permission token.read=own
	shows "$name: grant" apitoken role grant member "$text"
	rm -f "$dir"/t[123]
}

# And what is only asked for.
ask_all()
{
	local text=$1 name=${1%%[!a-z]*}

	shows "$name: command" apitoken "$text"
	shows "$name: option" apitoken list "--$text"
	shows "$name: operand" apitoken show "$text"
	shows "$name: explain" apitoken explain "$text" --user "$text" \
	    --service "$text" --from "$text"
	shows "$name: audit" apitoken audit --token "$text"
	shows "$name: socket" "$build/apitoken" --socket "$dir/$text" list
	shows "$name: token file" apitoken --token-file "$dir/$text" list
	shows "$name: import" apitoken import "$dir/$text"
	apitoken verify --user "$text" --service "$text" --from "$text" \
	    <"$dir/good" >"$dir/shown" 2>&1
	check "$name: verify" "$dir/shown"
	"$build/tests/services/pamlogin" "$dir/pam.d" svc "$text" \
	    <"$dir/good" >"$dir/shown" 2>&1
	check "$name: module" "$dir/shown"
}

# A line to import, and files that doctor reads.
read_all()
{
	local text=$1 name=${1%%[!a-z]*}

	printf '{"name":"%s","owner":"%s","users":["%s"]}\n' "$text" "$text" \
	    "$text" >"$dir/import"
	shows "$name: import line" apitoken import "$dir/import" --dry-run
	printf '%s\nauth %s %s %s\n@include %s\n' "$text" "$text" "$text" \
	    "$text" "$text" >"$dir/root/etc/pam.d/svc"
	printf '[service %s]\nproject = %s\n%s\n' "$text" "$text" "$text" \
	    >"$dir/root/conf"
	shows "$name: doctor" apitoken doctor svc --root "$dir/root" \
	    --config "$dir/root/conf"
	shows "$name: doctor of" apitoken doctor "$text" --root "$dir/root"
	shows "$name: configuration" "$build/apitokend" --check-config \
	    --config "$dir/root/conf"
}

# What was kept, in all the ways that it is shown.
show_all()
{
	local format shown=0

	for format in table json jsonl csv id; do
		shows "list -o $format" apitoken list -o "$format"
		shows "projects -o $format" apitoken project list -o "$format"
		shows "roles -o $format" apitoken role list -o "$format"
		shows "grants -o $format" apitoken role grants -o "$format"
		shows "audit -o $format" apitoken audit -o "$format"
	done
	while read -r id; do
		shows "show $id" apitoken show "$id"
		shows "explain $id" apitoken explain "$id" --user alice \
		    --service svc
		shown=$((shown + 1))
	done < <(apitoken list -o id)
	test $shown -gt "${#texts[@]}" || {
		echo "FAILED: hostile: $shown tokens were kept" >&2
		failed=$((failed + 1))
	}
	shows "export" apitoken export
	shows "status" apitoken status
}

# complete SHELL TEXT [PLANT]: what the shell's own machinery makes of it,
# with a command planted in the script or not.
complete()
{
	local shell=$1

	{
		echo "${3-}"
		"$build/apitoken" completion "$shell"
	} >"$dir/completion.$shell"
	# shellcheck disable=SC2016
	case $shell in
	bash)
		bash --norc --noprofile -c '
			. "$1"
			compopt() { :; }
			for words in "create $2" "create --user $2" \
			    "create --output $2" "$2 " "--socket $2 list"; do
				COMP_WORDS=(apitoken)
				for word in $words; do COMP_WORDS+=("$word"); done
				COMP_WORDS+=("$2")
				COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
				_apitoken
			done' bash "$dir/completion.bash" "$2"
		;;
	fish)
		fish --no-config -c '
			source $argv[1]
			complete -C "apitoken create $argv[2]"
			complete -C "apitoken $argv[2] "
			complete -C "apitoken create --output $argv[2]"' \
		    "$dir/completion.fish" "$2"
		;;
	zsh)
		zsh -f -c '
			autoload -Uz compinit && compinit -D -u
			_arguments() { : }; _describe() { : }; _files() { : }
			compdef() { : }
			functions[_apitoken]="$(<$1)"
			words=(apitoken create "$2"); CURRENT=3
			_apitoken
			words=(apitoken "$2" ""); CURRENT=3
			_apitoken' zsh "$dir/completion.zsh" "$2"
		;;
	esac >"$dir/shown" 2>"$dir/complained"
	test ! -e "$dir/SHELL"
}

complete_all()
{
	local shell text

	for shell in bash fish zsh; do
		command -v "$shell" >/dev/null || {
			echo "FAILED: hostile: there is no $shell to complete in" >&2
			failed=$((failed + 1))
			continue
		}
		if complete "$shell" word 'touch SHELL'; then
			echo "FAILED: hostile: $shell ran nothing" >&2
			failed=$((failed + 1))
		fi
		rm -f "$dir/SHELL"
		for text in "${texts[@]}"; do
			if complete "$shell" "$text"; then
				passed=$((passed + 1))
			else
				echo "FAILED: hostile: ${text%%[!a-z]*}:" \
				    "$shell ran it" >&2
				rm -f "$dir/SHELL"
				failed=$((failed + 1))
			fi
		done
	done
}

# What tells harm from none can tell it.
plants()
{
	local text

	for text in $'a\e[2J' $'a\u202eb' $'a\xff' $'a\rb' $'x\nINJECTED' \
	    $'a\u009bb'; do
		if printf '%s' "$text" | is_harmless >/dev/null; then
			echo "FAILED: hostile: a planted text passed" >&2
			failed=$((failed + 1))
		else
			passed=$((passed + 1))
		fi
	done
}

umask 077
export LC_ALL=C.UTF-8
programs=$build
# shellcheck source=tests/agentdir.sh
. "$(dirname "$0")/../agentdir.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0711 "$dir"
export HOME=$dir/home
cd "$dir" || exit 2
configure
if ! agent_start apitokend ||
    ! apitoken create good --user alice --quiet --output "$dir/good"
then
	tail "$dir/log" >&2
	echo "hostile: 0 passed, 1 failed"
	exit 1
fi
plants
for text in "${texts[@]}"; do
	say_all "$text"
	ask_all "$text"
	read_all "$text"
done
show_all
complete_all
agent_stop || {
	echo "FAILED: hostile: the agent did not end well" >&2
	failed=$((failed + 1))
}
check "the agent's log" "$dir/log"
echo "hostile: ${#texts[@]} texts, $(wc -l <"$dir/log") lines of log"
echo "hostile: $passed passed, $failed failed"
test $failed -eq 0
