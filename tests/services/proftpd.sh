# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# ProFTPD for run.sh: sourced, after curl.sh.  It is not installed, since it
# and vsftpd exclude each other: unpacked is the folder that it is in.

proftpd_start()
{
	local dir=$STAGE/proftpd

	mkdir -p "$dir"
	stage_port
	proftpd_port=$port
	cat >"$dir/config" <<-END
	ServerType standalone
	Port $proftpd_port
	DefaultAddress 127.0.0.1
	UseIPv6 off
	User nobody
	Group nogroup
	PidFile $dir/pid
	ScoreboardFile $dir/scoreboard
	DelayTable $dir/delay
	SystemLog $STAGE/log/proftpd
	WtmpLog off
	RequireValidShell off
	DelayEngine off
	$(docs_block conf proftpd)
	END
	"$unpacked/usr/sbin/proftpd" -n -c "$dir/config" \
	    >"$STAGE/log/proftpd.out" 2>&1 </dev/null &
	proftpd_pid=$!
	stage_await "ProFTPD on port $proftpd_port" \
	    stage_listens "$proftpd_port"
}

proftpd_stop()
{
	stage_end "$proftpd_pid"
}

# proftpd_login ROW LOGIN FILE
proftpd_login()
{
	ftp_login "$proftpd_port" "$2" "$3"
}
