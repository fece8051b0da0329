#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# On the machine of packages.sh: the life of the packages, from installation
# to purge, with logins over a real sshd.  Changes the system it runs on.

test -d /tmp/debs || exit 2
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp
passed=0
failed=0
password='correct horse battery staple'
line='auth	[success=2 ignore=ignore default=die]	pam_apitoken.so nontoken=ignore'
cd /tmp || exit 2

# check WHAT COMMAND...
check()
{
	local what=$1 began=$SECONDS
	shift

	if "$@" >said 2>&1; then
		echo "packages: $what ($((SECONDS - began)) s)"
		passed=$((passed + 1))
	else
		echo "FAILED: packages: $what"
		tail -n 30 said
		failed=$((failed + 1))
	fi
}

# Looks again and again, for a minute at most.
await()
{
	local end=$((SECONDS + 60))

	until "$@" >/dev/null 2>&1; do
		test $SECONDS -lt $end || return
		sleep 0.05
	done
}

apt()
{
	apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
}

# What packages may leave behind is dpkg's, the package manager's and
# systemd's own book-keeping, logs and caches.
list_system()
{
	find /etc /usr /var/lib \( -path /var/lib/dpkg -o -path /var/lib/apt \
	    -o -path /var/lib/systemd -o -path /var/lib/pam \
	    -o -path /var/lib/PackageKit \) -prune -o \
	    ! -name '*-' -printf '%p %y %m %u %g\n' | sort
	sort /etc/passwd /etc/group
	cat /etc/pam.d/common-*
}

# mode_is MODE OWNER PATH
mode_is()
{
	test "$(stat -c '%a %U' "$3")" = "$1 $2" && return
	stat -c '%a %U %n' "$3"
	return 1
}

main_pid()
{
	systemctl show -P MainPID apitokend.service
}

# A line of the agent's /proc/PID/status.
status_is()
{
	grep -Pq "^$1:\t$2\$" "/proc/$(main_pid)/status" && return
	cat "/proc/$(main_pid)/status"
	return 1
}

enabled()
{
	local unit

	for unit; do
		systemctl is-active "$unit" && systemctl is-enabled "$unit" ||
		    return
	done
}

# Both of them, and there are two.
names_are_bare()
{
	local pids pid

	pids=$(pgrep -x apitokend-names -u _apitoken) &&
	test "$(echo "$pids" | wc -l)" = 2 || return
	for pid in $pids; do
		grep -Pq '^CapPrm:\t0+$' "/proc/$pid/status" || return
	done
}

units='apitokend.service apitokend-admin.socket apitokend-auth.socket
    apitokend-user.socket'

verified()
{
	# shellcheck disable=SC2086
	systemd-analyze verify $units
}

# At most 0.9.
safe()
{
	systemd-analyze security --threshold=9 apitokend.service
}

# With Debian's own PAM file.
sshd_start()
{
	mkdir -p /run/sshd sshd &&
	ssh-keygen -q -t ed25519 -N '' -f sshd/hostkey &&
	echo '#!/bin/sh' >sshd/askpass &&
	echo "exec cat \"\$ASKPASS_FILE\"" >>sshd/askpass &&
	chmod 0755 sshd/askpass &&
	cat >sshd/config <<-END &&
	Port 2222
	ListenAddress 127.0.0.1
	HostKey /tmp/sshd/hostkey
	PidFile none
	UsePAM yes
	PasswordAuthentication yes
	PubkeyAuthentication no
	StrictModes no
	UseDNS no
	END
	/usr/sbin/sshd -f /tmp/sshd/config -E /tmp/sshd/log </dev/null &&
	await sshd_listens
}

sshd_listens()
{
	(exec 3<>/dev/tcp/127.0.0.1/2222)
}

# 0: in, 1: refused, 2: neither.  login FILE
login()
{
	local said

	said=$(ASKPASS_FILE=$1 SSH_ASKPASS=/tmp/sshd/askpass \
	    SSH_ASKPASS_REQUIRE=force timeout 60 ssh -F none -p 2222 \
	    -o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o LogLevel=ERROR alice@127.0.0.1 'id -un' 2>&1 </dev/null)
	test "$said" = alice && return 0
	echo "$said"
	case $said in
	*"Permission denied"*) return 1 ;;
	esac
	return 2
}

# login_is in|out FILE
login_is()
{
	login "$2"
	case $?,$1 in
	0,in | 1,out) return 0 ;;
	esac
	journalctl -q -n 5 -u apitokend.service
	return 1
}

accounts()
{
	# systemd leaves it until the machine is up.
	rm -f /run/nologin &&
	useradd --create-home --shell /bin/sh alice &&
	echo "alice:$password" | chpasswd
}

tokens()
{
	apitoken create good --user alice --quiet --output good &&
	apitoken create other --user root --quiet --output other &&
	printf '%s' "$password" >human &&
	printf 'wrong' >wrong
}

reload()
{
	systemctl reload apitokend.service && await reloaded
}

reloaded()
{
	journalctl -q -u apitokend.service | grep 'configuration read again'
}

# What a token opened ends with it, from within the agent's sandbox.
session_ends()
{
	local client

	apitoken create short --user alice --quiet --output short || return
	ASKPASS_FILE=short SSH_ASKPASS=/tmp/sshd/askpass \
	    SSH_ASKPASS_REQUIRE=force timeout 120 ssh -F none -p 2222 \
	    -o PreferredAuthentications=password \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    alice@127.0.0.1 'setsid sleep 1000 & exec sleep 2000' \
	    </dev/null &
	client=$!
	await sleeps && apitoken sessions && apitoken revoke short --yes &&
	await sleeps_no_more && await ended "$client" && return
	kill "$client"
	return 1
}

sleeps()
{
	pgrep -u alice -fx 'sleep 1000' && pgrep -u alice -fx 'sleep 2000'
}

sleeps_no_more()
{
	! pgrep -u alice -x sleep
}

ended()
{
	! kill -0 "$1"
}

su_refuses()
{
	! runuser -u alice -- sh -c 'su -c true root' <other &&
	journalctl -q -u apitokend.service |
	    grep 'refused reason="service.*user="root" service="su"'
}

# The agent ends without a word; the sockets, and who asks meanwhile, stay.
crash()
{
	local pid

	pid=$(live_pid) &&
	kill -KILL "$pid" && login_is in good && has_another "$pid"
}

# Far more often than systemd's limits allow by default.
crash_loop()
{
	local _ pid

	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		pid=$(live_pid) && kill -KILL "$pid" &&
		await has_another "$pid" || return
	done
	await systemctl is-active apitokend.service && login_is in good
}

has_main()
{
	test "$(main_pid)" -gt 1
}

# Once there is one: 0 would be everybody here.
live_pid()
{
	local pid

	await has_main || return
	pid=$(main_pid)
	test "$pid" -gt 1 && echo "$pid"
}

has_another()
{
	has_main && test "$(main_pid)" != "$1"
}

# With another watchdog than it has.
watchdog_set()
{
	mkdir -p /run/systemd/system/apitokend.service.d &&
	printf '[Service]\nWatchdogSec=4s\nTimeoutAbortSec=4s\n' \
	    >/run/systemd/system/apitokend.service.d/test.conf &&
	systemctl daemon-reload && systemctl restart apitokend.service
}

watchdog_unset()
{
	rm -r /run/systemd/system/apitokend.service.d &&
	systemctl daemon-reload && systemctl restart apitokend.service
}

last_beat()
{
	systemctl show -P WatchdogTimestampMonotonic apitokend.service
}

beat_after()
{
	test "$(last_beat)" -gt "$1"
}

# Both threads go on, as systemd hears.
beats()
{
	local _

	for _ in 1 2 3; do
		await beat_after "$(last_beat)" || return
	done
}

# One that does not go on is ended, and another is started.
hang()
{
	local pid

	pid=$(live_pid) && kill -STOP "$pid" && await has_another "$pid"
}

# A login that has begun, module and all, when the packages change under it.
# pending NAME
pending()
{
	mkfifo "$1.fifo" || return
	(login "$1.fifo"; echo $? >"$1.result") >"$1.said" 2>&1 &
	await asks "$1.fifo"
}

# cat(1), which answers ssh's question, waits in the fifo's open.
asks()
{
	pgrep -fx "cat $1"
}

maps_old_module()
{
	grep -l 'pam_apitoken.so (deleted)' /proc/[0-9]*/maps
}

# finish FILE NAME in|out
finish()
{
	local wanted=0

	test "$3" = in || wanted=1
	cat "$1" >"$2.fifo"
	await test -s "$2.result" || return
	test "$(cat "$2.result")" = "$wanted" && return
	cat "$2.said"
	return 1
}

# New rows are authenticated with it, at once and after a restart.
rotate_key()
{
	printf '2 %s\n' "$(od -An -vtx1 -N32 /dev/urandom | tr -d ' \n')" \
	    >>/etc/apitoken/master.key &&
	systemctl restart apitokend.service &&
	apitoken key status --json | tr -d ' \n' | grep '"current":2' &&
	login_is in good
}

# Postfix and others ask there.
saslauthd_socket()
{
	systemctl stop apitokend.service 2>/dev/null
	systemctl start apitokend-saslauthd.socket apitokend.service &&
	test "$(stat -c '%a %U %G' /run/apitoken/saslauthd/mux)" = \
	    "660 root sasl" &&
	testsaslauthd -f /run/apitoken/saslauthd/mux -u alice -s imap \
	    -p "$(cat good)" &&
	! testsaslauthd -f /run/apitoken/saslauthd/mux -u alice -s imap \
	    -p "$(cat other)"
}

completions()
{
	bash -n /usr/share/bash-completion/completions/apitoken &&
	grep -q apitoken /usr/share/zsh/vendor-completions/_apitoken &&
	grep -q apitoken /usr/share/fish/vendor_completions.d/apitoken.fish
}

# As it is, and with all that it shows switched on.
example()
{
	apitokend --check-config &&
	sed 's/^;//' /etc/apitoken/apitokend.conf >all.conf &&
	apitokend --config all.conf --check-config
}

gone()
{
	! systemctl is-active apitokend-auth.socket apitokend.service &&
	! test -e /usr/sbin/apitokend && ! pgrep -x apitokend
}

check "an account" accounts
list_system >before
check "all of the system is listed" grep -q '^/etc/pam.d/sshd f 644 root' before
check "they install" apt install ./debs/*.deb
check "the key is root's" mode_is 400 root /etc/apitoken/master.key
check "the configuration is readable" \
    mode_is 644 root /etc/apitoken/apitokend.conf
check "its example is right" example
check "the store is the agent's" mode_is 700 _apitoken /var/lib/apitoken
check "auth.sock is root's alone" mode_is 600 root /run/apitoken/auth.sock
check "user.sock is everybody's" mode_is 666 root /run/apitoken/user.sock
check "admin.sock is everybody's" mode_is 666 root /run/apitoken/admin.sock
# shellcheck disable=SC2086
check "the units run and will" enabled $units
check "systemd-analyze verify finds nothing" verified
check "the exposure is 0.9 at most" safe
uid=$(id -u _apitoken)
check "the agent is its user" status_is Uid "$uid\t$uid\t$uid\t$uid"
check "it can send signals" status_is CapEff 0000000000000020
check "and will never do more" status_is CapBnd 0000000000000020
check "what looks names up can not" names_are_bare
check "its system calls are filtered" status_is Seccomp 2
check "it is not sealed" apitoken status
check "root is the owner" sh -c 'apitoken whoami | grep -q owner'
check "daemons are not" sh -c 'runuser -u daemon -- apitoken list; test $? -eq 4'
check "it reads its configuration again" reload
check "completions" completions
check "tokens" tokens
check "a backup is written where only root may" \
    apitoken backup /root/apitoken-backup
rm -f /root/apitoken-backup
check "the profile is off" sh -c '! grep -r apitoken /etc/pam.d'
check "an sshd" sshd_start
check "no login by token yet" login_is out good
check "the password is good" login_is in human

cp /etc/pam.d/sshd sshd.pam
sed -i "s/^@include common-auth/auth [success=done ignore=ignore \
default=die] pam_apitoken.so nontoken=ignore\n&/" /etc/pam.d/sshd
check "one line, and a token is good" login_is in good
check "and the password is" login_is in human
check "another's token is not" login_is out other
check "another word is not" login_is out wrong
cp sshd.pam /etc/pam.d/sshd

check "the profile is switched on" pam-auth-update --package --enable apitoken
check "its line is in common-auth" grep -qxF "$line" /etc/pam.d/common-auth
for name in common-session common-session-noninteractive; do
	check "and one in $name" grep -q \
	    '^session.*module_unknown=ignore.*pam_apitoken.so' "/etc/pam.d/$name"
done
check "and one in common-account" \
    grep -q '^account.required.pam_apitoken.so' /etc/pam.d/common-account
check "the doctor finds nothing" apitoken doctor
check "nor of sshd" apitoken doctor sshd
check "with it a token is good" login_is in good
check "with it the password is" login_is in human
check "with it another's token is not" login_is out other
check "with it another word is not" login_is out wrong
check "a session ends with its token" session_ends
check "root's token does not open su" su_refuses

check "a crash refuses nobody" crash
check "nor do twelve" crash_loop
check "a shorter watchdog" watchdog_set
check "the agent beats" beats
check "a hanging agent is ended" hang
check "the watchdog it has" watchdog_unset
check "a key is added" rotate_key
check "saslauthd's clients have a socket" saslauthd_socket

check "a login with the token begins" pending a
check "one with another's does" pending b
check "they are upgraded" apt install ./later/*.deb
check "the old module is still in use" maps_old_module
check "the token is good in the old module" finish good a in
check "another's token is not" finish other b out
check "it is good in the new one" login_is in good
check "another's is not good in it" login_is out other
check "the profile is still on" grep -qxF "$line" /etc/pam.d/common-auth

echo 'auth required pam_apitoken.so' >/etc/pam.d/left
check "the module is removed" apt remove libpam-apitoken
cp said removed
check "what names it still is told" grep -qx /etc/pam.d/left removed
rm /etc/pam.d/left
check "its line is gone" sh -c '! grep -r apitoken /etc/pam.d'
check "a token is no login" login_is out good
check "the password is one" login_is in human
check "the others are removed" apt remove apitokend apitoken
check "nothing of them runs" gone
check "the key stays" test -s /etc/apitoken/master.key
check "the store stays" test -s /var/lib/apitoken/data.mdb
check "they are installed again" apt install ./later/*.deb
check "the tokens are there again" sh -c 'apitoken list -o json | grep -q good'
touch /var/lib/apitoken/mine
check "they are purged" apt purge apitokend apitoken libpam-apitoken
check "what is not theirs stays" test -e /var/lib/apitoken/mine
rm -r /var/lib/apitoken
list_system >after
check "the rest is as before" diff before after
echo "inside: $passed passed, $failed failed"
test $failed -eq 0
