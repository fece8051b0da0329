# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# vsftpd for the row ftp of run.sh: sourced.  Of stage.sh it takes STAGE and
# the stage_ functions.

vsftpd_service=vsftpd

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
	local_enable=YES
	check_shell=NO
	session_support=YES
	pam_service_name=$vsftpd_service
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

# 0: logged in as that user; 1: refused; 2: neither, see out/client.
# vsftpd_login ROW LOGIN FILE
vsftpd_login()
{
	local login=$2 file=$3 status

	rm -f "$STAGE/out/got"
	(umask 077 && printf 'machine 127.0.0.1 login %s password "%s"\n' \
	    "$login" "$(cat "$file")" >"$STAGE/out/netrc")
	curl -q -sS --noproxy '*' --max-time 30 \
	    --netrc-file "$STAGE/out/netrc" -o "$STAGE/out/got" \
	    "ftp://127.0.0.1:$vsftpd_port/hello" >"$STAGE/out/client" 2>&1
	status=$?
	rm -f "$STAGE/out/netrc"
	if test $status -eq 0 &&
	    grep -q "^home of $login\$" "$STAGE/out/got"; then
		return 0
	elif test $status -eq 67; then
		return 1
	fi
	return 2
}
