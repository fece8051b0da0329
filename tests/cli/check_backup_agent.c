/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Backup, restore and rotation of the key by the real program against the
 * real agent: what is restored logs in, what was ended stays ended, whatever
 * is killed in the middle.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/model/record.h"
#include "agent/store/keyring.h"
#include "agent/store/store.h"
#include "common/client.h"
#include "common/message.h"
#include "tests/cli/typing.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define MANY   20000 /* tokens, so that what is killed is in the middle */
#define SET    1000
#define NOBODY 65534

static char auth_socket[PATH_MAX], key_path[PATH_MAX], store_path[PATH_MAX];

static void
start_agent(void)
{
	typing_start(TYPING_MEMBERS);
}

static void
start(void)
{
	strcpy(auth_socket, login_path("auth.sock"));
	strcpy(key_path, login_path("master.key"));
	strcpy(store_path, login_path("store/" STORE_FILE));
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("backup"));
	start_agent();
	ck_assert_int_eq(cli_run("delete full-access read-only --yes", ""), 0);
}

/* Another text, for keeps. */
static char *
kept(const char *line)
{
	makes(line);
	return strdup(token);
}

/* Asks as the module does: 1, 0, or -1 without a verdict. */
static int
log_in(const char *text)
{
	const struct client client = { auth_socket, CLIENT_ANY_UID, 10000 };
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(text),
		.login = span_of("alice"),
		.service = span_of("svc") };
	uint8_t packet[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct wirebuf w;
	size_t got = 0;

	wirebuf_write(&w, packet, sizeof packet);
	question_put(&w, &question);
	if (client_ask(&client, span_bytes(packet, wirebuf_size(&w)), reply,
		sizeof reply, &got) != 0 ||
	    got != sizeof reply)
		return -1;
	if (reply[2] == STATUS_OK)
		return 1;
	return reply[2] == STATUS_DENIED ? 0 : -1;
}

static void
opens(const char *text, bool wanted)
{
	ck_assert_int_eq(log_in(text), wanted ? 1 : 0);
}

/* All but the last uses, which are told a little later. */
static char *
list_all(void)
{
	char *at = cli_out, *end;

	done("list -o jsonl");
	while ((at = strstr(at, "\"last_used_at\"")) != NULL &&
	       (end = strstr(at, "\"changed_at\"")) != NULL) {
		memmove(at, end, strlen(end) + 1);
	}
	return strdup(cli_out);
}

/* The number behind "name": in the last answer. */
static unsigned long
number_of(const char *name)
{
	char wanted[64];
	const char *at;

	(void)snprintf(wanted, sizeof wanted, "\"%s\": ", name);
	at = strstr(cli_out, wanted);
	ck_assert_msg(at != NULL, "no %s in %s", name, cli_out);
	return strtoul(at + strlen(wanted), NULL, 10);
}

/* An agent without a store, but with its key. */
static void
lose_store(void)
{
	realagent_stop(agent);
	ck_assert_int_eq(unlink(store_path), 0);
	start_agent();
	done("delete full-access read-only --yes");
	done("list -o id");
	ck_assert_str_eq(cli_out, "");
}

/* What can happen to a token between a backup and its restore. */
static const struct {
	const char *options, *act;
} ends[] = {
	{ "", "revoke end --yes" }, { "", "regenerate end --yes" },
	{ "", "delete end --yes" }, { "", "disable end --yes" },
	{ "", "edit end --type custom --allow other" },
	{ "", "edit end --user bob" }, { "", "edit end --from 203.0.113.1" },
	{ "", "edit end --not-before 2099-01-01" },
	{ "--uses 1", NULL }, /* it is spent */
};

START_TEST(nothing_revives)
{
	char line[128], *before, *after, *ended;

	(void)snprintf(line, sizeof line, "create end --user alice --quiet %s",
	    ends[_i].options);
	ended = kept(line);
	makes("create stays --user alice --quiet");
	done("backup @");
	if (ends[_i].act != NULL) {
		opens(ended, true);
		done(ends[_i].act);
	} else {
		opens(ended, true);
	}
	opens(ended, false);
	before = list_all();
	done("restore @");
	opens(ended, false);
	after = list_all();
	ck_assert_str_eq(before, after);
	opens(token, true);
	done("restore @ --json");
	ck_assert_uint_eq(number_of("added"), 0);
	done("audit --verify");
	free(before);
	free(after);
	free(ended);
}
END_TEST

START_TEST(a_lost_store_comes_back)
{
	char *deleted = kept("create gone --user alice --quiet");
	char *once = kept("create once --user alice --uses 2 --quiet");
	char *before;

	makes("create laptop --user alice --description web --expires 7d "
	      "--quiet");
	done("delete gone --yes");
	opens(once, true);
	done("list -o id");
	before = strdup(cli_out);
	done("backup @ --json");
	cli_holds(cli_out, "\"tokens\": 2");
	cli_holds(cli_out, "\"tombstones\": 3");
	lose_store();
	opens(token, false);
	done("restore @ --dry-run --json");
	cli_holds(cli_out, "\"dry_run\": true");
	done("list -o id");
	ck_assert_str_eq(cli_out, "");
	done("restore @");
	cli_holds(cli_out, "tokens     2 ");
	opens(token, true);
	opens(once, true);
	opens(once, false);
	opens(deleted, false);
	done("list -o id");
	ck_assert_str_eq(before, cli_out);
	done("audit --verify");
	done("audit --action store.restore -o jsonl");
	cli_holds(cli_out, "added=2");
	realagent_stop(agent);
	start_agent();
	opens(token, true);
	free(before);
	free(once);
	free(deleted);
}
END_TEST

static uint8_t *whole;
static size_t size;

static void
load_backup(void)
{
	FILE *file = fopen(cli_file, "r");

	ck_assert_ptr_nonnull(file);
	whole = malloc(1 << 20);
	size = fread(whole, 1, 1 << 20, file);
	(void)fclose(file);
}

/* These bytes are refused. */
static void
refused(size_t count, const char *why)
{
	FILE *file = fopen(login_path("bad"), "w");
	char line[PATH_MAX + 16];

	ck_assert_uint_eq(fwrite(whole, 1, count, file), count);
	(void)fclose(file);
	(void)snprintf(line, sizeof line, "restore %s", login_path("bad"));
	fails(line, 1, "nothing was restored");
	cli_holds(cli_err, why);
	ck_assert_str_eq(cli_out, "");
}

START_TEST(bad_backups_change_nothing)
{
	char *before, *after;

	makes("create one --user alice --quiet");
	makes("create two --user alice --quiet");
	done("backup @");
	load_backup();
	done("delete one two --yes");
	before = list_all();
	for (size_t cut = 0; cut < size; cut += 97)
		refused(cut, "backup");
	refused(size - 1, "cut short");
	for (size_t bit = 3; bit < 8 * size; bit += 149) {
		whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused(size, "backup");
		whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	whole[15]++;
	refused(size, "of a store with schema");
	whole[15]--;
	whole[size] = 0;
	refused(size + 1, "after its end");
	after = list_all();
	ck_assert_str_eq(before, after);
	done("audit --action store.restore --quiet");
	ck_assert_str_eq(cli_out, "");
	free(before);
	free(after);
	free(whole);
}
END_TEST

START_TEST(another_key_restores_nothing)
{
	makes("create one --user alice --quiet");
	done("backup @");
	realagent_stop(agent);
	ck_assert_int_eq(unlink(store_path), 0);
	ck_assert_int_eq(unlink(key_path), 0);
	start_agent();
	fails("restore @", 1, "another key 1");
	done("list -o id --state active");
	ck_assert_str_eq(cli_out, "");
	opens(token, false);
}
END_TEST

START_TEST(files_that_are_no_backup)
{
	done("backup @");
	fails("backup @", 5, "is there already");
	fails("backup /nonexistent/file", 1, "No such file");
	fails("restore /nonexistent/file", 1, "No such file");
	fails("restore /dev/null", 2, "regular file");
	fails("restore /", 2, "regular file");
	fails("restore /etc/passwd", 1, "is no backup of apitoken");
	/* Nothing is left of what was not written. */
	ck_assert_int_eq(unlink(cli_file), 0);
	fails("--socket /nonexistent backup @", 6, "");
	ck_assert_int_eq(access(cli_file, F_OK), -1);
	cli_uid = MEMBER_UID;
	ck_assert_int_eq(chmod(login_folder(), 0777), 0);
	fails("backup @", 4, "store.export");
	fails("restore /etc/passwd", 4, "store.restore");
	ck_assert_int_eq(access(cli_file, F_OK), -1);
}
END_TEST

static const struct ending {
	int number;
	bool is_ignored;
} signals[] = {
	{ SIGHUP, false }, { SIGINT, false }, { SIGTERM, false },
	{ SIGHUP, true }, /* nohup */
	{ SIGINT, true }, /* a shell's, in the background */
};

/* While the agent has it wait: half a backup is none. */
START_TEST(who_interrupts_it_has_no_half_a_backup)
{
	const struct ending *by = &signals[_i];
	pid_t child;
	int status;

	ck_assert_int_eq(kill(agent, SIGSTOP), 0);
	child = fork();
	if (child == 0) {
		(void)signal(by->number, by->is_ignored ? SIG_IGN : SIG_DFL);
		cli_become("backup @ --quiet");
	}
	while (access(cli_file, F_OK) != 0)
		poll(NULL, 0, 1);
	/* It has opened the file, and then listens for signals. */
	poll(NULL, 0, 100);
	ck_assert_int_eq(kill(child, by->number), 0);
	poll(NULL, 0, 20);
	ck_assert_int_eq(kill(agent, SIGCONT), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(
	    WEXITSTATUS(status), by->is_ignored ? 0 : 128 + by->number);
	ck_assert_int_eq(access(cli_file, F_OK), by->is_ignored ? 0 : -1);
	if (by->is_ignored)
		done("restore @ --dry-run");
}
END_TEST

/* A connection may be there still for a moment after its answer. */
static unsigned
least_files(unsigned (*count)(void))
{
	unsigned least = count(), now;

	for (int i = 0; i < 50; i++) {
		poll(NULL, 0, 1);
		now = count();
		least = now < least ? now : least;
	}
	return least;
}

static unsigned
open_files(void)
{
	char path[64];
	unsigned count = 0;
	DIR *folder;

	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)agent);
	folder = opendir(path);
	ck_assert_ptr_nonnull(folder);
	while (readdir(folder) != NULL)
		count++;
	(void)closedir(folder);
	return count;
}

/* A packet with so many descriptors; whether there was a good answer. */
static bool
send_files(uint8_t opcode, const int *files, size_t count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint8_t packet[] = { PROTO_VERSION, opcode, 0, 0 }, reply[4096] = { 0 };
	char control[CMSG_SPACE(8 * sizeof(int))] = { 0 };
	struct iovec bytes = { packet, sizeof packet };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, login_path("admin.sock"));
	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), files, count * sizeof(int));
	ck_assert_int_eq(sendmsg(fd, &message, MSG_NOSIGNAL), sizeof packet);
	(void)recv(fd, reply, sizeof reply, 0);
	(void)close(fd);
	return reply[2] == STATUS_OK;
}

/* Nobody fills the agent with descriptors, or has it wait for a pipe. */
START_TEST(descriptors_are_not_kept)
{
	int ends_of_pipe[2], files[8];
	unsigned before = least_files(open_files);

	ck_assert_int_eq(pipe2(ends_of_pipe, O_CLOEXEC), 0);
	for (int i = 0; i < 8; i++)
		files[i] = open(
		    login_path("backup"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert(!send_files(OP_BACKUP, ends_of_pipe + 1, 1));
	ck_assert(!send_files(OP_BACKUP, files, 2));
	ck_assert(!send_files(OP_BACKUP, files, 8));
	ck_assert(send_files(OP_WHOAMI, files, 1));
	ck_assert(send_files(OP_WHOAMI, files, 8));
	ck_assert(!send_files(0xff, files, 1));
	ck_assert(send_files(OP_BACKUP, files, 1));
	for (int i = 0; i < 8; i++)
		(void)close(files[i]);
	ck_assert_uint_eq(least_files(open_files), before);
}
END_TEST

/* A store of many tokens, and the one of `token`. */
static void
fill_store(void)
{
	struct store_options options = { .directory = login_path("store"),
		.map_size = STORE_MAP_SIZE };
	struct keyring *keyring = NULL;
	struct store *store = NULL;
	struct record record;
	struct token secret;
	char why[256], id[16], name[16];
	uint8_t storage[64];
	int result;

	realagent_stop(agent);
	ck_assert_int_eq(crypto_init(), 0);
	/* The files are its, and the key is read here by root. */
	ck_assert_int_eq(chown(key_path, 0, 0), 0);
	ck_assert_int_eq(keyring_load(key_path, &keyring, why, sizeof why), 0);
	ck_assert_int_eq(chown(key_path, NOBODY, NOBODY), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(
	    store_open(&options, keyring, &store, why, sizeof why), 0);
	crypto_new_token(TOKEN_API, &secret);
	record = (struct record) { .spec = { .kind = TOKEN_API,
				       .type = TYPE_FULL_ACCESS,
				       .owner = span_of("alice") },
		.state = STATE_ACTIVE,
		.created_at = 1800000000,
		.created_by = span_of("root"),
		.secret_count = 1,
		.secrets[0].number = 1 };
	spanlist_add(&record.spec.users, storage, 32, span_of("alice"));
	spanlist_add(
	    &record.spec.projects, storage + 32, 32, span_of("default"));
	for (int i = 0; i < MANY;) {
		struct changeset *set = changeset_new();

		for (int j = 0; j < SET; i++, j++) {
			(void)snprintf(id, sizeof id, "many%06d", i);
			(void)snprintf(name, sizeof name, "t%d", i);
			record.spec.name = span_of(name);
			changeset_token(
			    set, span_of(id), NULL, VERSION_ABSENT, &record);
		}
		ck_assert_int_eq(store_apply(store, &set, 1, &result), 0);
		changeset_free(set);
	}
	store_close(store);
	keyring_free(keyring);
	ck_assert_int_eq(seteuid(0), 0);
	start_agent();
}

static unsigned long
tokens(void)
{
	done("status --json");
	return number_of("tokens");
}

/* The program in a process of its own. */
static pid_t
run_beside(const char *line)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		cli_become(line);
	}
	return pid;
}

/* The two tokens that a new store begins with had their names before too. */
START_TEST(a_first_start_makes_way)
{
	realagent_stop(agent);
	ck_assert_int_eq(unlink(store_path), 0);
	start_agent();
	makes("regenerate full-access --user alice --yes --quiet");
	done("backup @");
	realagent_stop(agent);
	ck_assert_int_eq(unlink(store_path), 0);
	start_agent();
	done("restore @");
	opens(token, true);
	ck_assert_uint_eq(tokens(), 2);
}
END_TEST

START_TEST(a_restore_that_was_killed_is_run_again)
{
	unsigned long restored;
	int status;
	pid_t pid;

	makes("create one --user alice --quiet");
	fill_store();
	done("backup @");
	lose_store();
	pid = run_beside("restore @ --quiet");
	do
		restored = tokens();
	while (restored == 0);
	realagent_kill(agent);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	start_agent();
	restored = tokens();
	ck_assert_uint_gt(restored, 0);
	/* Where it was over before the blow it said so. */
	ck_assert(status != 0 || restored == MANY + 1);
	/* Even the attempt is told of. */
	done("audit --action store.restore-begin -o jsonl");
	cli_holds(cli_out, "backup=");
	done("restore @ --json");
	ck_assert_uint_eq(tokens(), MANY + 1);
	opens(token, true);
	done("audit --verify");
}
END_TEST

/* Rows that another key made than the current one. */
static unsigned long
rows_left(bool *under_way)
{
	unsigned long left = 0;
	const char *at;

	done("key status --json");
	*under_way = strstr(cli_out, "\"under_way\": true") != NULL;
	at = cli_out;
	while ((at = strstr(at, "\"rows\": ")) != NULL) {
		at += strlen("\"rows\": ");
		if (strncmp(strstr(at, "\"current\": "), "\"current\": false",
			strlen("\"current\": false")) == 0)
			left += strtoul(at, NULL, 10);
	}
	return left;
}

static void
await_rotation(void)
{
	bool under_way = true;
	unsigned long left = 1;

	while (under_way) {
		left = rows_left(&under_way);
		poll(NULL, 0, 5);
	}
	ck_assert_uint_eq(left, 0);
}

/* Asks on and on until told to stop; its exit status says what it met. */
static pid_t
ask_beside(int until)
{
	pid_t pid = fork();
	struct pollfd end = { .fd = until, .events = POLLIN };
	unsigned asked = 0;

	if (pid != 0)
		return pid;
	while (poll(&end, 1, 0) == 0) {
		if (log_in(token) != 1)
			_exit(1);
		asked++;
	}
	_exit(asked > 10 ? 0 : 2);
}

START_TEST(a_rotation_stops_nobody)
{
	int until[2], status;
	pid_t pid;

	makes("create one --user alice --quiet");
	fill_store();
	ck_assert_int_eq(pipe2(until, O_CLOEXEC), 0);
	pid = ask_beside(until[0]);
	done("key rotate");
	cli_holds(cli_err, "key 2 is current");
	fails("key rotate", 5, "still made anew");
	await_rotation();
	ck_assert_int_eq(write(until[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	done("audit --verify");
	done("audit --action key.rotate -o jsonl");
	cli_holds(cli_out, "key=2");
	realagent_stop(agent);
	start_agent();
	opens(token, true);
	await_rotation();
	done("key rotate");
	await_rotation();
	opens(token, true);
}
END_TEST

START_TEST(a_rotation_that_was_killed_goes_on)
{
	bool under_way;
	unsigned long left;

	makes("create one --user alice --quiet");
	fill_store();
	done("key rotate");
	/* On a machine that is slow to ask it may be over already. */
	left = rows_left(&under_way);
	ck_assert(left == 0 || under_way);
	realagent_kill(agent);
	start_agent();
	opens(token, true);
	await_rotation();
	opens(token, true);
	ck_assert_uint_eq(tokens(), MANY + 1);
	done("audit --verify");
}
END_TEST

/* A backup from before a rotation is restored after it. */
START_TEST(old_backups_outlive_a_rotation)
{
	makes("create one --user alice --quiet");
	done("backup @");
	done("key rotate");
	await_rotation();
	lose_store();
	done("restore @");
	opens(token, true);
	await_rotation();
}
END_TEST

static void
write_key(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	(void)fclose(file);
}

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

START_TEST(a_key_goes_to_its_own_file_only)
{
	char line[PATH_MAX + 32], before[256] = "", after[256] = "";
	FILE *file = fopen(key_path, "r");

	ck_assert_ptr_nonnull(fgets(before, sizeof before, file));
	(void)fclose(file);
	(void)snprintf(line, sizeof line, "key rotate --key %s", cli_file);
	fails(line, 1, "By hand");
	write_key(cli_file, "1 " HEX "\n");
	fails(line, 5, "another agent's key file");
	write_key(cli_file, "2 " HEX "\n");
	fails(line, 5, "not the agent's key file");
	write_key(cli_file, "rubbish\n");
	fails(line, 1, "is no key file");
	cli_uid = MEMBER_UID;
	fails("key rotate", 4, "key.read");
	fails("key status", 4, "key.read");
	cli_uid = (uid_t)-1;
	file = fopen(key_path, "r");
	ck_assert_uint_eq(
	    fread(after, 1, sizeof after - 1, file), strlen(before));
	(void)fclose(file);
	ck_assert_str_eq(before, after);
	done("key status");
	cli_holds(cli_out, "yes");
}
END_TEST

/* Written, but the agent never heard of it: sent now, and no other is made. */
START_TEST(a_key_that_was_lost_on_its_way_is_sent_again)
{
	struct stat st;
	FILE *file;

	ck_assert_int_eq(chmod(key_path, 0600), 0);
	file = fopen(key_path, "a");
	fputs("2 " HEX "\n", file);
	(void)fclose(file);
	done("key rotate");
	cli_holds(cli_err, "key 2 is current");
	await_rotation();
	ck_assert_int_eq(stat(key_path, &st), 0);
	ck_assert_int_eq(st.st_size, 2 * 67);
	ck_assert_uint_eq(st.st_uid, NOBODY);
	ck_assert_uint_eq(st.st_mode & 07777U, 0600);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("vault");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_loop_test(tcase, nothing_revives, 0, COUNT(ends));
	tcase_add_test(tcase, a_lost_store_comes_back);
	tcase_add_test(tcase, bad_backups_change_nothing);
	tcase_add_test(tcase, another_key_restores_nothing);
	tcase_add_test(tcase, files_that_are_no_backup);
	tcase_add_loop_test(
	    tcase, who_interrupts_it_has_no_half_a_backup, 0, COUNT(signals));
	tcase_add_test(tcase, descriptors_are_not_kept);
	tcase_add_test(tcase, a_restore_that_was_killed_is_run_again);
	tcase_add_test(tcase, a_first_start_makes_way);
	tcase_add_test(tcase, a_rotation_stops_nobody);
	tcase_add_test(tcase, a_rotation_that_was_killed_goes_on);
	tcase_add_test(tcase, old_backups_outlive_a_rotation);
	tcase_add_test(tcase, a_key_goes_to_its_own_file_only);
	tcase_add_test(tcase, a_key_that_was_lost_on_its_way_is_sent_again);
	return cli_cases("backup, restore and key", &tcase, 1);
}
