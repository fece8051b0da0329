/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Somebody with a login on the machine tries every operation there is, with
 * every byte of its request lied about: whoever has no rights changes nothing
 * and is told nothing; whoever may make tokens makes their own and no more of
 * them than there may be.  It takes other uids, so root; else skipped.
 */
#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/client.h"
#include "common/proto.h"
#include "tests/faults/script.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/cli_run.h"

#define SKIPPED	      77
#define POWERLESS     1	    /* daemon: below self_service_min_uid */
#define MEMBER	      61874 /* nobody's name: uid-61874 */
#define MEMBER_LOGIN  "uid-61874"
#define NOT_PERMITTED 4 /* apitoken's status */
#define QUOTA	      5
#define ASK_MS	      10000

static struct tape tape;
static const char *member = MEMBER_LOGIN;

struct tally {
	unsigned long tried;
	unsigned long answered;
	unsigned long granted; /* STATUS_OK */
	char wrong[200];       /* the first reply that should not be */
};
static struct tally *tally; /* shared with who attacks */

static pid_t
begin(void)
{
	char config[200];
	pid_t agent;

	snprintf(config, sizeof(config),
	    "[agent]\ndefault_role = member\nself_service_min_uid = 1000\n"
	    "[limits]\ntokens_per_owner = %d\n"
	    "[service svc]\naccess = full\n",
	    QUOTA);
	agent = realagent_start(config);
	ck_assert_int_eq(chmod(login_folder(), 0711), 0);
	script_play(&tape);
	tape_forge(&tape);
	return agent;
}

/* Every operation of proto.h was recorded: a new one wants a line above. */
START_TEST(every_opcode_is_tried)
{
	pid_t agent = begin();
	FILE *header = fopen(PROTO_HEADER, "r");
	char line[256], name[64];
	unsigned opcode;
	int seen = 0;

	ck_assert_ptr_nonnull(header);
	while (fgets(line, sizeof(line), header) != NULL) {
		if (sscanf(line, " %63[A-Z_] = 0x%x,", name, &opcode) != 2 ||
		    strncmp(name, "OP_", 3) != 0 || opcode < OP_WHOAMI)
			continue;
		ck_assert_msg(tape_has(&tape, (uint8_t)opcode),
		    "nobody tries %s: it wants a line of the script", name);
		seen++;
	}
	fclose(header);
	ck_assert_int_ge(seen, 37);
	realagent_stop(agent);
}
END_TEST

/* What anybody may ask, and hears nothing of others by; OP_LEAKED is for who
 * holds the token.  The rest is for those with rights. */
static bool
is_open_to_all(uint8_t opcode)
{
	return opcode == OP_WHOAMI || opcode == OP_STATUS ||
	       opcode == OP_PROJECT_LIST || opcode == OP_GRANT_LIST ||
	       opcode == OP_LEAKED;
}

/* Who may make tokens may choose among projects and roles. */
static bool
is_for_members(uint8_t opcode)
{
	return opcode == OP_PROJECT_LIST || opcode == OP_ROLE_LIST;
}

/* Where it says what is to be done. */
static size_t
opcode_at(const uint8_t *request, size_t size)
{
	return request[1] == OP_AS && size > TAPE_OPCODE_AS ? TAPE_OPCODE_AS
							    : 1;
}

static void
judge(bool powerless, const uint8_t *request, size_t size, const uint8_t *reply,
    size_t got)
{
	bool asked = memmem(request, size, MARK, strlen(MARK)) != NULL;

	tally->answered++;
	if (got < PROTO_HEADER_SIZE || tally->wrong[0] != '\0')
		return;
	tally->granted += reply[2] == STATUS_OK;
	if (powerless && reply[2] == STATUS_OK && !is_open_to_all(request[1]))
		snprintf(tally->wrong, sizeof(tally->wrong),
		    "opcode %#x was carried out", request[1]);
	if (!powerless && is_for_members(request[opcode_at(request, size)]))
		return;
	if (!asked && memmem(reply, got, MARK, strlen(MARK)) != NULL)
		snprintf(tally->wrong, sizeof(tally->wrong),
		    "opcode %#x told what is others'", request[1]);
}

struct attack {
	const struct client *client;
	bool powerless;
};

static void
send_one(const struct attack *attack, const uint8_t *request, size_t size)
{
	static uint8_t reply[PROTO_MESSAGE_MAX];
	size_t got;

	tally->tried++;
	if (client_ask(attack->client, span_bytes(request, size), reply,
		sizeof(reply), &got) == 0)
		judge(attack->powerless, request, size, reply, got);
}

/* As it is; every byte another one; cut everywhere; under every opcode. */
static void
lie_about(
    const struct attack *attack, const struct taped *taped, unsigned stride)
{
	static uint8_t lie[PROTO_MESSAGE_MAX];
	static const uint8_t values[] = { 0, 1, 0xff };

	memcpy(lie, taped->bytes, taped->size);
	send_one(attack, lie, taped->size);
	for (size_t at = 0; at < taped->size; at += at < 64 ? 1 : stride) {
		for (size_t i = 0; i < sizeof(values); i++) {
			lie[at] = values[i];
			send_one(attack, lie, taped->size);
		}
		lie[at] = taped->bytes[at] ^ 1;
		send_one(attack, lie, taped->size);
		lie[at] = taped->bytes[at];
		if (at > 0)
			send_one(attack, lie, at);
	}
	for (unsigned opcode = 0; opcode < 256; opcode += stride) {
		lie[opcode_at(taped->bytes, taped->size)] = (uint8_t)opcode;
		send_one(attack, lie, taped->size);
	}
}

static void
attack_as(uid_t uid, const char *socket, bool powerless)
{
	const struct client client = { login_path(socket), CLIENT_ANY_UID,
		ASK_MS };
	const struct attack attack = { &client, powerless };
	unsigned stride = getenv("APITOKEN_LONG") != NULL ? 1 : 7;
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (setgid(uid) != 0 || setuid(uid) != 0)
			_exit(1);
		for (size_t i = 0; i < tape.count; i++)
			lie_about(&attack, &tape.requests[i], stride);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	printf(
	    "attackers: uid %u on %s: %lu tried, %lu answered, %lu granted\n",
	    uid, socket, tally->tried, tally->answered, tally->granted);
	ck_assert_msg(tally->wrong[0] == '\0', "%s", tally->wrong);
	ck_assert_uint_gt(tally->answered, tally->tried / 2);
}

static void
fresh_tally(void)
{
	memset(tally, 0, sizeof(*tally));
}

/* The number and the MAC of the last change. */
static void
last_change(char anchor[256])
{
	ck_assert_int_eq(cli_run("audit --anchor", ""), 0);
	snprintf(anchor, 256, "%.255s", cli_out);
}

START_TEST(the_powerless_change_nothing)
{
	pid_t agent = begin();
	char before[256], after[256];

	last_change(before);
	fresh_tally();
	attack_as(POWERLESS, "admin.sock", true);
	/* whoami and its like: one that is granted nothing tests nothing. */
	ck_assert_uint_gt(tally->granted, 0);
	fresh_tally();
	attack_as(POWERLESS, "user.sock", true);
	ck_assert_uint_eq(tally->granted, 0);
	last_change(after);
	ck_assert_str_eq(before, after);
	realagent_stop(agent);
}
END_TEST

static bool
is_members(json_t *token)
{
	const char *owner = json_string_value(json_object_get(token, "owner"));

	return owner != NULL && strcmp(owner, member) == 0;
}

/* All its login names are theirs, and it opens nothing elevated. */
static void
look_at_own(json_t *token, const char *line)
{
	json_t *users = json_object_get(token, "users");
	json_t *user;
	size_t i;

	ck_assert_ptr_null(strstr(line, "sudo"));
	json_array_foreach(users, i, user)
	    ck_assert_str_eq(json_string_value(user), member);
}

/* What is others', joined; what is the member's is looked at and counted. */
static size_t
others_of_export(char *others, size_t size)
{
	size_t own = 0, at = 0;
	char *save = NULL;

	ck_assert_int_eq(cli_run("export", ""), 0);
	for (char *line = strtok_r(cli_out, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *token = json_loads(line, 0, NULL);

		ck_assert_ptr_nonnull(token);
		if (is_members(token)) {
			look_at_own(token, line);
			own++;
		} else if (json_object_get(token, "end") == NULL &&
			   json_object_get(token, "apitoken") == NULL)
			at += (size_t)snprintf(
			    others + at, size - at, "%s\n", line);
		ck_assert_uint_lt(at, size);
		json_decref(token);
	}
	return own;
}

/* Too long to be shown whole. */
static void
expect_same(const char *before, const char *after)
{
	size_t at = 0;

	while (before[at] != '\0' && before[at] == after[at])
		at++;
	ck_assert_msg(before[at] == after[at], "%.300s\nbecame\n%.300s",
	    before + (at < 100 ? 0 : at - 100),
	    after + (at < 100 ? 0 : at - 100));
}

START_TEST(members_change_what_is_theirs)
{
	static char before[CLI_OUTPUT_SIZE], after[CLI_OUTPUT_SIZE];
	pid_t agent = begin();
	size_t own;

	ck_assert_uint_eq(others_of_export(before, sizeof(before)), 0);
	fresh_tally();
	attack_as(MEMBER, "admin.sock", false);
	own = others_of_export(after, sizeof(after));
	printf("attackers: %zu tokens of their own, %d may be\n", own, QUOTA);
	expect_same(before, after);
	ck_assert_uint_ge(own, 1);
	ck_assert_uint_le(own, QUOTA);
	fresh_tally();
	attack_as(MEMBER, "user.sock", true);
	ck_assert_uint_eq(tally->granted, 0);
	realagent_stop(agent);
}
END_TEST

/* Whoever stole it acts as its owner, who may make tokens, and as nobody else:
 * whatever is asked within OP_AS. */
START_TEST(a_management_token_reaches_no_further)
{
	static char before[CLI_OUTPUT_SIZE], after[CLI_OUTPUT_SIZE];
	pid_t agent = begin();

	member = "daemon";
	ck_assert_int_eq(
	    cli_run(
		"role create bosses --permission token.read=own "
		"--permission token.create=own --permission "
		"token.update=own --permission token.revoke=own "
		"--permission token.delete=own --permission "
		"management.create=project --permission management.read=own "
		"--permission token.login-as=project",
		""),
	    0);
	ck_assert_int_eq(
	    cli_run("role grant bosses daemon --login-as daemon", ""), 0);
	cli_uid = POWERLESS;
	ck_assert_msg(cli_run("create own-boss --management --role bosses "
			      "--quiet",
			  "") == 0,
	    "%.300s", cli_err);
	cli_uid = 0;
	tape_act(&tape, cli_out);
	others_of_export(before, sizeof(before));
	fresh_tally();
	attack_as(MEMBER, "admin.sock", false);
	ck_assert_uint_gt(tally->granted, 0);
	ck_assert_uint_le(others_of_export(after, sizeof(after)), QUOTA);
	expect_same(before, after);
	realagent_stop(agent);
}
END_TEST

/* A token that goes further than the member does. */
static const char *const too_much[] = {
	"create a --user root",
	"create a --user bin",
	"create a --owner root",
	"create a --allow sudo",
	"create a --allow su",
	"create a --allow login",
	"create a --management --role owner",
	"create a --management --role admin",
	"role grant owner bin",
	"role grant member bin --login-as root",
	"role create a --permission token.read=all",
	"project create a",
	"key rotate --yes",
	"backup @",
	"restore /etc/passwd --yes",
	"export",
};

START_TEST(nobody_gets_more_than_they_have)
{
	pid_t agent = begin();
	char before[256], after[256];

	last_change(before);
	/* A new file that they may make. */
	ck_assert_int_eq(chmod(login_folder(), 0777), 0);
	snprintf(cli_file, sizeof(cli_file), "%s", login_path("taken"));
	cli_uid = MEMBER;
	for (size_t i = 0; i < sizeof(too_much) / sizeof(*too_much); i++)
		ck_assert_msg(cli_run(too_much[i], "") == NOT_PERMITTED,
		    "%s: %s", too_much[i], cli_err);
	cli_uid = 0;
	last_change(after);
	ck_assert_str_eq(before, after);
	realagent_stop(agent);
}
END_TEST

START_TEST(the_quota_holds)
{
	pid_t agent = begin();
	int made = 0;

	cli_uid = MEMBER;
	for (int i = 0; i < 3 * QUOTA; i++) {
		char line[64];

		snprintf(line, sizeof(line), "create t%d --quiet", i);
		made += cli_run(line, "") == 0;
	}
	cli_uid = 0;
	ck_assert_int_eq(made, QUOTA);
	realagent_stop(agent);
}
END_TEST

START_TEST(others_sockets_are_closed)
{
	pid_t agent = begin();
	const char *path = login_path("auth.sock");
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		snprintf(
		    address.sun_path, sizeof(address.sun_path), "%s", path);
		if (setgid(MEMBER) != 0 || setuid(MEMBER) != 0)
			_exit(2);
		_exit(connect(fd, (const struct sockaddr *)&address,
			  sizeof(address)) == 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("attackers");
	TCase *tcase = tcase_create("attackers");
	SRunner *runner = srunner_create(suite);
	int failed;

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (geteuid() != 0 || tally == MAP_FAILED) {
		srunner_free(runner);
		return SKIPPED;
	}
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, every_opcode_is_tried);
	tcase_add_test(tcase, the_powerless_change_nothing);
	tcase_add_test(tcase, members_change_what_is_theirs);
	tcase_add_test(tcase, a_management_token_reaches_no_further);
	tcase_add_test(tcase, nobody_gets_more_than_they_have);
	tcase_add_test(tcase, the_quota_holds);
	tcase_add_test(tcase, others_sockets_are_closed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
