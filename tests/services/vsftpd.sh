# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# vsftpd for run.sh: sourced, after curl.sh.  Of stage.sh it takes STAGE and
# the stage_ functions.

vsftpd_start()
{
	local dir=$STAGE/vsftpd

	mkdir -p "$dir/empty"
	stage_port
	vsftpd_port=$port
	cat >"$dir/config" <<-END
	listen=YES
	listen_ipv6=NO
	listen_address=127.0.0.1
	listen_port=$vsftpd_port
	pasv_address=127.0.0.1
	background=NO
	anonymous_enable=NO
	$(docs_block conf vsftpd)
	check_shell=NO
	delay_failed_login=0
	secure_chroot_dir=$dir/empty
	vsftpd_log_file=$STAGE/log/vsftpd
	log_ftp_protocol=YES
	xferlog_enable=YES
	xferlog_std_format=NO
	END
	/usr/sbin/vsftpd "$dir/config" >"$STAGE/log/vsftpd.out" 2>&1 \
	    </dev/null &
	vsftpd_pid=$!
	stage_await "vsftpd on port $vsftpd_port" stage_listens "$vsftpd_port"
}

vsftpd_stop()
{
	stage_end "$vsftpd_pid"
}

# vsftpd_login ROW LOGIN FILE
vsftpd_login()
{
	ftp_login "$vsftpd_port" "$2" "$3"
}
