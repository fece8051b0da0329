# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Squid with basic_pam_auth for run.sh: sourced, after curl.sh.  It asks PAM as
# proxy.

squid_start()
{
	local dir=$STAGE/squid

	mkdir -p "$dir/html" && echo hello >"$dir/html/hello" &&
	install -d -o proxy "$STAGE/log/squid" || return
	stage_port
	squid_web_port=$port
	busybox httpd -f -p "127.0.0.1:$squid_web_port" -h "$dir/html" \
	    </dev/null &
	squid_web_pid=$!
	stage_await "httpd on port $port" stage_listens "$port"
	stage_port
	squid_port=$port
	cat >"$dir/config" <<-END
	http_port 127.0.0.1:$squid_port
	$(docs_block conf squid)
	cache deny all
	cache_mem 1 MB
	access_log stdio:$STAGE/log/squid/access
	cache_log $STAGE/log/squid/cache
	cache_effective_user proxy
	coredump_dir $dir
	max_filedescriptors 1024
	pid_filename $dir/pid
	pinger_enable off
	shutdown_lifetime 0 seconds
	visible_hostname stage
	END
	/usr/sbin/squid -N -f "$dir/config" >"$STAGE/log/squid/out" 2>&1 \
	    </dev/null &
	squid_pid=$!
	stage_await "Squid on port $squid_port" stage_listens "$squid_port"
}

squid_stop()
{
	stage_end "$squid_pid"
	stage_end "$squid_web_pid"
}

# Squid remembers a token that was let in for a second (credentialsttl), counted
# in whole ones.  squid_forget FILE
squid_forget()
{
	local let_in=0

	! test -e "$1.let-in" || let_in=$(cat "$1.let-in")
	until test $(($(now_ms) - let_in)) -ge 2100; do
		sleep 0.1
	done
}

# 0: a page came through; 1: refused; 2: neither.  squid_login ROW LOGIN FILE
squid_login()
{
	squid_forget "$3"
	curl_as proxy-user "$2" "$3" -w '%{http_code}' --noproxy '' \
	    --proxy "http://127.0.0.1:$squid_port" \
	    "http://127.0.0.1:$squid_web_port/hello"
	case $?,$(cat "$out/client") in
	0,200)
		now_ms >"$3.let-in"
		return 0
		;;
	0,407) return 1 ;;
	esac
	return 2
}
