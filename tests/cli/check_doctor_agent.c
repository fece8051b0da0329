/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apitoken doctor on a machine of its own: files below a folder, and a real
 * agent.  Each way to write a service's lines has its finding, and what is
 * right has none.
 */
#include <check.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/cli_run.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define TIMEOUT_S 120

#define LINE	"auth [success=done ignore=ignore default=die] pam_apitoken.so"
#define OR	" nontoken=ignore\n"
#define COMMON	"@include common-auth\n"
#define ACCOUNT "account required pam_apitoken.so\n@include common-account\n"

static pid_t agent;

/* A file below the root; the folders on the way are made. */
static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", login_path("root"), name);
	for (char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}

static void
start(void)
{
	(void)umask(022);
	(void)login_folder();
	put("etc/pam.d/common-auth",
	    "auth [success=1 default=ignore] pam_unix.so nullok\n"
	    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
	    "auth optional pam_cap.so\n");
	put("etc/pam.d/common-account",
	    "account [success=1 new_authtok_reqd=done default=ignore] "
	    "pam_unix.so\naccount requisite pam_deny.so\n"
	    "account required pam_permit.so\n");
	put("etc/pam.d/other", "auth required pam_deny.so\n"
			       "account required pam_deny.so\n");
	put("usr/lib/x86_64-linux-gnu/security/pam_permit.so", "");
	put("usr/lib/x86_64-linux-gnu/security/pam_apitoken.so", "");
	agent = realagent_start("[agent]\nuser = nobody\n"
				"default_role = member\n"
				"self_service_min_uid = 1\n"
				"[service asked]\ncallers = www-data\n");
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
}

static void
stop(void)
{
	if (agent != 0)
		realagent_stop(agent);
}

/* Its exit status; what it says is in cli_out. */
static int
doctor(const char *arguments)
{
	char line[512];

	(void)snprintf(line, sizeof(line), "doctor %s --root %s --config %s",
	    arguments, login_path("root"), login_path("apitokend.conf"));
	return cli_run(line, "");
}

/* Ends with that status, and says these words, parted by a bar. */
static void
finds(const char *arguments, int status, const char *words)
{
	char each[512], *save = NULL;
	int got = doctor(arguments);

	ck_assert_msg(
	    got == status, "%s: %d\n%s%s", arguments, got, cli_out, cli_err);
	(void)snprintf(each, sizeof(each), "%s", words);
	for (char *word = strtok_r(each, "|", &save); word != NULL;
	     word = strtok_r(NULL, "|", &save))
		ck_assert_msg(strstr(cli_out, word) != NULL,
		    "%s: no '%s' in\n%s", arguments, word, cli_out);
}

static const struct {
	const char *name;
	const char *stack;
	int status;
	const char *words;
} stacks[] = {
	/* As Debian has it, and README mends it. */
	{ "stock", COMMON "@include common-account\n", 1,
	    "etc/pam.d/svc does not ask pam_apitoken.so|before line 1 "
	    "(@include common-auth), add: " LINE " nontoken=ignore" },
	{ "mended", LINE OR COMMON "@include common-account\n", 0,
	    "no account line|before line 3 (@include common-account), add: "
	    "account required pam_apitoken.so" },
	{ "whole", LINE OR COMMON ACCOUNT, 0,
	    "good tokens get in|ended meanwhile is refused" },
	{ "tokens alone", LINE "\nauth requisite pam_deny.so\n" ACCOUNT, 0,
	    "good tokens get in" },
	{ "tokens alone, before passwords", LINE "\n" COMMON ACCOUNT, 0,
	    "only tokens open it" },
	{ "requisite",
	    "auth requisite pam_apitoken.so\nauth required "
	    "pam_permit.so\n" ACCOUNT,
	    0, "good tokens get in" },
	{ "pam-auth-update's",
	    "auth [success=2 ignore=ignore default=die] pam_apitoken.so" OR
	    "auth [success=1 default=ignore] pam_unix.so\n"
	    "auth requisite pam_deny.so\nauth required pam_permit.so\n" ACCOUNT,
	    0, "good tokens get in" },
	{ "one line short",
	    "auth [success=1 ignore=ignore default=die] pam_apitoken.so" OR
	    "auth [success=1 default=ignore] pam_unix.so\n"
	    "auth requisite pam_deny.so\nauth required pam_permit.so\n" ACCOUNT,
	    1, "a good token is refused by what follows" },
	/* Each lets somebody in. */
	{ "a missing module passes",
	    "auth sufficient pam_apitoken.so\nauth required "
	    "pam_permit.so\n" ACCOUNT,
	    1,
	    "lets anybody in with a refused token, an agent that does not "
	    "answer, a missing module|make line 1 of " },
	{ "optional",
	    "auth optional pam_apitoken.so\nauth required "
	    "pam_permit.so\n" ACCOUNT,
	    1, "lets anybody in with a refused token" },
	{ "ignore and permit",
	    "auth required pam_apitoken.so nontoken=ignore\n"
	    "auth required pam_permit.so\n" ACCOUNT,
	    1,
	    "any password lets anybody in|below line 1, add: auth requisite "
	    "pam_deny.so" },
	{ "a check of the shell and ignore",
	    "auth required pam_shells.so\n" LINE OR ACCOUNT, 1,
	    "any password lets anybody in|below line 2, add: auth requisite "
	    "pam_deny.so" },
	{ "a missing module alone passes",
	    "-auth [success=done ignore=ignore default=die] pam_apitoken.so\n"
	    "auth required pam_permit.so\n" ACCOUNT,
	    1, "anybody in with a missing module" },
	{ "denied behind",
	    "auth sufficient pam_apitoken.so\nauth requisite "
	    "pam_deny.so\n" ACCOUNT,
	    0, "good tokens get in" },
	{ "sufficient before passwords",
	    "auth sufficient pam_apitoken.so nontoken=ignore\n" COMMON ACCOUNT,
	    0, "then tried as a password" },
	{ "left to who knows whom before",
	    "auth required pam_ours.so\n" LINE OR ACCOUNT, 0,
	    "modules that are not known here" },
	{ "who knows whom before, and a password",
	    "auth required pam_ours.so\n" LINE OR COMMON ACCOUNT, 0,
	    "good tokens get in" },
	{ "left to who knows whom",
	    LINE OR "auth required pam_ours.so\n" ACCOUNT, 0,
	    "modules that are not known here" },
	{ "in a substack",
	    "auth substack inner\nauth requisite pam_deny.so\n" ACCOUNT, 1,
	    "pam.d/inner, line 1: a good token is refused" },
	/* In the wrong place. */
	{ "behind passwords", COMMON LINE "\n" ACCOUNT, 1,
	    "stands behind pam_unix.so|move it before line 1 (@include "
	    "common-auth)" },
	{ "behind passwords that go on",
	    "auth sufficient pam_unix.so\n" LINE "\n" ACCOUNT, 1,
	    "logs a failure for every token" },
	/* Who does not agree with it any more. */
	{ "an account line that says nothing",
	    LINE OR COMMON "account optional pam_apitoken.so\n"
			   "account required pam_permit.so\n",
	    1, "lets anybody in with a token that ended meanwhile" },
	{ "an account line alone",
	    LINE OR COMMON "account required pam_apitoken.so\n", 1,
	    "who comes with a password is refused|account required "
	    "pam_permit.so" },
	{ "behind a second factor",
	    "auth required pam_google_authenticator.so\n" LINE OR COMMON
		ACCOUNT,
	    0, "good tokens get in" },
	{ "for who is in a group",
	    "auth [success=ignore default=1] pam_succeed_if.so user ingroup "
	    "G\n" LINE OR COMMON ACCOUNT,
	    0, "left to modules before it" },
	{ "for who is in a group, and nobody else",
	    "auth [success=ok default=die] pam_succeed_if.so user ingroup "
	    "G\n" LINE OR COMMON ACCOUNT,
	    0, "good tokens get in" },
	{ "a check of the shell behind",
	    LINE OR COMMON "auth required pam_shells.so\n" ACCOUNT, 0,
	    "line 3: pam_shells.so is not asked about who comes with a token|"
	    "move it before line 1" },
	{ "another service's account line",
	    LINE OR COMMON "account required pam_apitoken.so service=x\n"
			   "@include common-account\n",
	    1, "it has not the service= of line 1|take service=x out of" },
	/* Words that are wrong. */
	{ "a misspelt option",
	    "auth [success=done ignore=ignore default=die] pam_apitoken.so "
	    "nontokens=ignore\n" COMMON ACCOUNT,
	    1, "does not understand nontokens|nontoken=ignore" },
	{ "a value is not said", LINE " timeout=atk_x\n" COMMON ACCOUNT, 1,
	    "does not understand timeout|milliseconds" },
	{ "no such socket", LINE " socket=/nowhere/at/all\n" ACCOUNT, 1,
	    "there is nothing at /nowhere/at/all" },
	{ "somebody else's agent",
	    LINE " agent_uid=1000\n"
		 "account required pam_apitoken.so agent_uid=1000\n"
		 "@include common-account\n",
	    0, "agent_uid=1000 lets that user decide" },
	{ "somebody else's agent in one line", LINE " agent_uid=1000\n" ACCOUNT,
	    1, "it has not the agent_uid= of line 1" },
	{ "a module elsewhere",
	    "auth [success=done default=die] "
	    "/nowhere/pam_apitoken.so\n" ACCOUNT,
	    1, "there is no /nowhere/pam_apitoken.so" },
	{ "a misspelt control", "auth requierd pam_apitoken.so\n" ACCOUNT, 1,
	    "line 1: the control" },
	{ "a loop", LINE OR COMMON ACCOUNT "@include svc\n", 1,
	    "without an end" },
	{ "includes nothing", LINE OR "@include nothing\n" ACCOUNT, 1,
	    "does not exist: libpam refuses" },
	{ "junk",
	    "\x7f"
	    "ELF\x01\x02\x1b]0;\n" LINE "\n",
	    1, "begins with none" },
};

START_TEST(stacks_and_findings)
{
	start();
	put("etc/pam.d/inner", LINE OR);
	for (int i = 0; i < COUNT(stacks); i++) {
		put("etc/pam.d/svc", stacks[i].stack);
		(void)fprintf(stderr, "stack: %s\n", stacks[i].name);
		finds("svc", stacks[i].status, stacks[i].words);
		/* Nothing of what a file holds acts on a terminal. */
		ck_assert_ptr_null(strchr(cli_out, '\x1b'));
		ck_assert_ptr_null(strstr(cli_out, "atk_x"));
	}
	/* As JSON, too. */
	put("etc/pam.d/svc", COMMON);
	finds("svc --json", 1,
	    "\"check\":\"pam\",\"service\":\"svc\",\"result\":\"wrong\"|"
	    "\"mend\":\"in ");
	stop();
}
END_TEST

START_TEST(services_without_a_file)
{
	start();
	finds("nosuch", 1, "there is no file for it|make |etc/pam.d/nosuch");
	ck_assert_int_eq(doctor("''"), 2);
	ck_assert_int_eq(doctor("a b"), 2);
	ck_assert_int_eq(doctor("svc --token-file /dev/null"), 2);
	ck_assert_int_eq(doctor("0123456789012345678901234567890123456789"
				"012345678901234567890123456789"),
	    2);
	stop();
}
END_TEST

/* What the agent says of the service, and servers that ask as themselves. */
START_TEST(the_agents_own_row)
{
	start();
	put("etc/pam.d/sudo", LINE OR COMMON ACCOUNT);
	put("etc/pam.d/asked", LINE OR COMMON ACCOUNT);
	put("etc/pam.d/web", LINE OR COMMON ACCOUNT);
	put("etc/pam.d/renamed",
	    LINE " service=su\naccount required pam_apitoken.so service=su\n"
		 "@include common-account\n");
	put("etc/nginx/nginx.conf", "location / {\n\tauth_pam \"API\";\n"
				    "\tauth_pam_service_name \"asked\";\n}\n");
	put("etc/apache2/sites-enabled/a.conf",
	    "# AuthPAMService asked\nAuthPAMService web\n");
	finds("sudo", 0, "sudo as elevated|--allow sudo");
	finds("renamed", 0, "su as elevated");
	/* The session line, which must be come to and be of the same. */
	put("etc/pam.d/sshd",
	    LINE OR COMMON ACCOUNT "session required pam_apitoken.so\n");
	finds("sshd", 0, "its sessions end with their token");
	put("etc/pam.d/sshd",
	    LINE OR COMMON ACCOUNT "session required pam_apitoken.so x\n");
	finds("sshd", 1, "does not understand x");
	put("etc/pam.d/sshd", LINE OR COMMON ACCOUNT
	    "session required pam_apitoken.so service=x\n");
	finds("sshd", 1, "it has not the service= of line 1");
	ck_assert_ptr_null(strstr(cli_out, "its sessions end"));
	put("etc/pam.d/sshd",
	    LINE OR COMMON ACCOUNT "session [default=1] pam_permit.so\n"
				   "session required pam_apitoken.so\n");
	finds("sshd", 1, "it is not come to");
	put("etc/pam.d/su", "auth sufficient pam_rootok.so\n" LINE
			    " nontoken=ignore\n" COMMON ACCOUNT);
	finds("su", 0, "su as elevated");
	ck_assert_ptr_null(strstr(cli_out, "may let in"));
	ck_assert_ptr_null(strstr(cli_out, "pam_deny.so"));
	finds("asked", 0, "asks as www-data, who may");
	finds("web", 1,
	    "a.conf has Apache ask as www-data|[service web] callers = "
	    "www-data");
	stop();
}
END_TEST

/* Where nobody is postgres here, nobody can be told whether they may ask. */
START_TEST(lines_of_pg_hba)
{
	int asks = getpwnam("postgres") == NULL ? 0 : 1;

	start();
	put("etc/pam.d/postgresql", LINE "\n" ACCOUNT);
	put("etc/pam.d/db", LINE "\n" ACCOUNT);
	put("etc/postgresql/15/main/pg_hba.conf",
	    "# host all all all pam\nlocal all postgres peer\n");
	finds("postgresql", 0, "no line of |pamservice=postgresql");
	put("etc/postgresql/15/main/pg_hba.conf",
	    "host all all 127.0.0.1/32 pam pamservice=db\n");
	finds("postgresql", 0, "no line of ");
	finds("db", asks, "main/pg_hba.conf ");
	put("etc/postgresql/15/main/pg_hba.conf",
	    "host all all 127.0.0.1/32 pam\n");
	finds("postgresql", asks, "main/pg_hba.conf ");
	finds("db", 0, "good tokens");
	ck_assert_ptr_null(strstr(cli_out, "pg_hba"));
	stop();
}
END_TEST

static const struct {
	const char *text;
	int status;
	const char *words;
} sshd_configs[] = {
	{ "UsePAM yes\n", 0, "UsePAM yes, PasswordAuthentication yes" },
	{ "usepam=yes # all\nPasswordAuthentication no\n"
	  "KbdInteractiveAuthentication yes\n",
	    0, "PasswordAuthentication no" },
	{ "", 1, "does not ask PAM at all|UsePAM yes" },
	{ "UsePAM yes\nPasswordAuthentication no\n"
	  "ChallengeResponseAuthentication no\n",
	    1, "takes no passwords|PasswordAuthentication yes" },
	{ "UsePAM yes\nAuthenticationMethods publickey\n", 1,
	    "never asks for a password" },
	/* The first one counts, and what follows Match is not for all. */
	{ "UsePAM yes\nUsePAM no\nMatch User x\nPasswordAuthentication no\n", 0,
	    "PasswordAuthentication yes" },
	{ "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n", 1,
	    "does not ask PAM" },
	{ "Include sshd_config\nUsePAM yes\n", 0, "UsePAM yes" },
};

START_TEST(settings_of_sshd)
{
	start();
	put("etc/pam.d/sshd", LINE OR COMMON ACCOUNT);
	put("etc/ssh/sshd_config.d/a.conf", "UsePAM no\n");
	for (int i = 0; i < COUNT(sshd_configs); i++) {
		put("etc/ssh/sshd_config", sshd_configs[i].text);
		finds("sshd", sshd_configs[i].status, sshd_configs[i].words);
	}
	stop();
}
END_TEST

START_TEST(settings_of_vsftpd_and_saslauthd)
{
	start();
	put("etc/pam.d/vsftpd", LINE OR COMMON ACCOUNT);
	put("etc/vsftpd.conf", "local_enable=YES\npam_service_name=vsftpd\n");
	finds("vsftpd", 0, "asks PAM for vsftpd");
	put("etc/vsftpd.conf", "#local_enable=YES\n");
	finds("vsftpd", 1,
	    "asks for the PAM service ftp|pam_service_name=vsftpd|"
	    "local_enable=YES");
	put("etc/pam.d/smtp", LINE OR COMMON ACCOUNT);
	put("etc/default/saslauthd", "START=yes\nMECHANISMS=\"shadow\"\n");
	finds("smtp", 1, "-a shadow|MECHANISMS=\"pam\"");
	put("etc/default/saslauthd", "START=yes\nMECHANISMS=\"pam\"\n");
	finds("smtp", 0, "saslauthd asks PAM");
	stop();
}
END_TEST

/* An agent that root did not start is one that modules do not trust; to
 * whoever tries it out that is no news. */
static int
listener_status(void)
{
	return geteuid() == 0 ? 1 : 0;
}

START_TEST(the_whole_machine)
{
	start();
	finds("", listener_status(),
	    "the agent answers|apitokend.conf is understood|master.key is its "
	    "owner's alone|store is its owner's alone|no service in ");
	put("etc/pam.d/svc", LINE OR COMMON ACCOUNT);
	put("etc/pam.d/bad", COMMON LINE "\n");
	put("etc/pam.d/quiet", COMMON);
	put("etc/pam.d/svc.dpkg-old", COMMON LINE "\n");
	finds("", 1, "svc auth: good tokens|bad auth: ");
	ck_assert_ptr_null(strstr(cli_out, "quiet"));
	ck_assert_ptr_null(strstr(cli_out, "dpkg-old"));
	finds("--quiet", 1, "WRONG   bad auth: ");
	ck_assert_ptr_null(strstr(cli_out, "\nok "));
	stop();
}
END_TEST

static void __attribute__((format(printf, 1, 2))) shell(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	ck_assert_int_eq(system(command), 0);
}

/* One thing at a time is spoilt and mended again. */
START_TEST(what_others_may_touch)
{
	static const struct {
		const char *path;
		mode_t wrong, right;
		const char *words;
	} rows[] = {
		{ "master.key", 0644, 0600, "can forge the store|chmod 0400 " },
		{ "master.key", 0620, 0600, "others may change|chmod go-w " },
		{ "store", 0755, 0700, "may look into the store|chmod 0700 " },
		{ "apitokend.conf", 0666, 0644,
		    "others may change|chmod go-w " },
		{ "auth.sock", 0666, 0600, "0600 is right|chmod 0600 " },
		{ "user.sock", 0600, 0666, "0666 is right" },
		{ "root/etc/pam.d/svc", 0666, 0644, "others may change" },
		{ "root/etc/pam.d", 0777, 0755, "others may change" },
	};

	start();
	put("etc/pam.d/svc", LINE OR COMMON ACCOUNT);
	for (int i = 0; i < COUNT(rows); i++) {
		const char *path = login_path(rows[i].path);

		ck_assert_int_eq(chmod(path, rows[i].wrong), 0);
		finds("", 1, rows[i].words);
		ck_assert_int_eq(chmod(path, rows[i].right), 0);
	}
	finds("", listener_status(), "svc auth: good tokens");
	if (geteuid() == 0) {
		/* Not even the agent's user decides who gets in. */
		const char *path = login_path("root/etc/pam.d/svc");

		ck_assert_int_eq(chown(path, realagent_uid(), (gid_t)-1), 0);
		finds("svc", 1, "svc belongs to uid |chown root: ");
		ck_assert_int_eq(chown(path, 0, (gid_t)-1), 0);
	}
	shell("echo '[agnet]' >>%s", login_path("apitokend.conf"));
	finds("", 1, "agnet: sections are ");
	stop();
}
END_TEST

START_TEST(an_agent_that_is_gone)
{
	start();
	put("etc/pam.d/svc", LINE OR COMMON ACCOUNT);
	stop();
	agent = 0;
	finds("svc", 1,
	    "nobody listens there|systemctl start apitokend|good tokens");
	finds("", 1, "nobody listens there");
}
END_TEST

/* The agent's own socket for saslauthd's clients, where it names one. */
START_TEST(a_socket_for_saslauthd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char line[512], text[1024];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	start();
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    login_path("mux"));
	(void)snprintf(text, sizeof(text),
	    "[agent]\nuser = nobody\n[sockets]\nauth = %s\nuser = %s\n"
	    "admin = %s\nsaslauthd = %s\n",
	    login_path("auth.sock"), login_path("user.sock"),
	    login_path("admin.sock"), address.sun_path);
	put("sasl.conf", text);
	(void)snprintf(line, sizeof(line), "doctor --root %s --config %s",
	    login_path("root"), login_path("root/sasl.conf"));
	ck_assert_int_eq(cli_run(line, ""), 1);
	cli_holds(cli_out, "mux, where [sockets] saslauthd has it");
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(chmod(address.sun_path, 0777), 0);
	ck_assert_int_eq(cli_run(line, ""), 1);
	cli_holds(cli_out, "everybody may try passwords");
	ck_assert_int_eq(chmod(address.sun_path, 0660), 0);
	(void)cli_run(line, "");
	ck_assert_ptr_null(strstr(cli_out, "mux"));
	(void)snprintf(line, sizeof(line), "doctor smtp --root %s --config %s",
	    login_path("root"), login_path("root/sasl.conf"));
	ck_assert_int_eq(cli_run(line, ""), 0);
	cli_holds(cli_out, "it needs no line");
	(void)close(fd);
	stop();
}
END_TEST

/* Both copies of its first page are lost. */
START_TEST(a_sealed_agent)
{
	start();
	put("etc/pam.d/svc", LINE OR COMMON ACCOUNT);
	stop();
	shell("dd if=/dev/zero of=%s bs=4096 count=2 conv=notrunc status=none",
	    login_path("store/data.mdb"));
	start();
	finds("svc", 1, "is sealed and accepts no token: |\"Sealed\" in");
	finds("", 1, "WRONG   agent: ");
	stop();
}
END_TEST

/* What cannot be read to an end is not waited for. */
START_TEST(files_that_block)
{
	char path[256];

	start();
	put("etc/pam.d/sshd", LINE OR COMMON ACCOUNT);
	put("etc/nginx/sites-enabled/a", "");
	put("etc/ssh/a", "");
	(void)snprintf(
	    path, sizeof(path), "%s/etc/ssh/sshd_config", login_path("root"));
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	(void)snprintf(path, sizeof(path), "%s/etc/nginx/sites-enabled/b",
	    login_path("root"));
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	(void)snprintf(
	    path, sizeof(path), "%s/etc/pam.d/fifo", login_path("root"));
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	finds("sshd", 0, "sshd_config cannot be read");
	finds("fifo", 0, "cannot be read");
	finds("", listener_status(), "sshd auth: good tokens");
	stop();
}
END_TEST

/* All but what the agent itself writes meanwhile: its store and its log. */
static void
list_all(const char *into)
{
	shell("find %s ! -name data.mdb ! -name lock.mdb ! -name agent.log "
	      "! -name 'list*' ! -type d -printf '%%p %%s %%T@ %%C@ %%m\\n' | "
	      "sort >%s",
	    login_folder(), login_path(into));
}

START_TEST(nothing_is_changed)
{
	start();
	put("etc/pam.d/svc", COMMON);
	put("etc/pam.d/bad", COMMON LINE "\n");
	put("etc/ssh/sshd_config", "UsePAM no\n");
	list_all("list1");
	finds("", 1, "");
	finds("svc", 1, "");
	list_all("list2");
	shell("diff %s %s", login_path("list1"), login_path("list2"));
	stop();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *tcase = tcase_create("doctor");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, TIMEOUT_S);
	tcase_add_test(tcase, stacks_and_findings);
	tcase_add_test(tcase, services_without_a_file);
	tcase_add_test(tcase, the_agents_own_row);
	tcase_add_test(tcase, lines_of_pg_hba);
	tcase_add_test(tcase, settings_of_sshd);
	tcase_add_test(tcase, settings_of_vsftpd_and_saslauthd);
	tcase_add_test(tcase, the_whole_machine);
	tcase_add_test(tcase, what_others_may_touch);
	tcase_add_test(tcase, an_agent_that_is_gone);
	tcase_add_test(tcase, a_socket_for_saslauthd);
	tcase_add_test(tcase, a_sealed_agent);
	tcase_add_test(tcase, files_that_block);
	tcase_add_test(tcase, nothing_is_changed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
