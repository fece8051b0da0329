# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Pure-FTPd for run.sh: sourced, after curl.sh.  It is not installed, since it
# and vsftpd exclude each other: unpacked is the folder that it is in.

pureftpd_start()
{
	local dir=$STAGE/pureftpd name

	# Debian's folder with a file for each setting, and what its wrapper
	# makes of that.
	mkdir -p "$dir" && cp -r "$unpacked/etc/pure-ftpd/conf" "$dir/conf" &&
	sh -c "$(docs_block sh pure-ftpd | sed "s,/etc/pure-ftpd,$dir,")" ||
		return
	for name in PAMAuthentication UnixAuthentication; do
		echo "$name $(cat "$dir/conf/$name")"
	done >"$dir/config"
	stage_port
	pureftpd_port=$port
	cat >>"$dir/config" <<-END
	Bind 127.0.0.1,$pureftpd_port
	NoAnonymous yes
	MinUID 1
	PIDFile $dir/pid
	END
	"$unpacked/usr/sbin/pure-ftpd" "$dir/config" \
	    >"$STAGE/log/pureftpd" 2>&1 </dev/null &
	pureftpd_pid=$!
	stage_await "Pure-FTPd on port $pureftpd_port" \
	    stage_listens "$pureftpd_port"
}

pureftpd_stop()
{
	stage_end "$pureftpd_pid"
}

# pureftpd_login ROW LOGIN FILE
pureftpd_login()
{
	ftp_login "$pureftpd_port" "$2" "$3"
}
