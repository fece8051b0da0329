/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/agent_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

void
folder_make(char folder[64])
{
	snprintf(folder, 64, "/tmp/apitoken-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

void
folder_remove(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

void
file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static int
uid_of(void *arg, const char *login, uid_t *uid)
{
	static const struct {
		const char *login;
		uid_t uid;
	} users[] = {
		{ "root", 0 },
		{ "alice", UID_ALICE },
		{ "bob", UID_BOB },
		{ "postgres", UID_POSTGRES },
		{ "web", 33 },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(users); i++)
		if (strcmp(users[i].login, login) == 0) {
			*uid = users[i].uid;
			return 0;
		}
	return ERROR_NOT_FOUND;
}

static int
gid_of(void *arg, const char *group, gid_t *gid)
{
	(void)arg;
	if (strcmp(group, "sasl") == 0)
		*gid = GID_SASL;
	else if (strcmp(group, "mail") == 0)
		*gid = GID_MAIL;
	else
		return ERROR_NOT_FOUND;
	return 0;
}

const struct config_names some_names = { .uid_of = uid_of, .gid_of = gid_of };

static void
open_config(struct fixture *fixture, const char *text)
{
	char why[512] = "";
	char path[128];

	snprintf(path, sizeof(path), "%s/conf", fixture->folder);
	file_write(path, text, strlen(text), 0600);
	ck_assert_msg(config_load(path, true, &some_names, &fixture->config,
			  why, sizeof(why)) == 0,
	    "%s", why);
	fixture->agent.config.current = fixture->config;
}

void
fixture_open(struct fixture *fixture, const char *config)
{
	struct store_options options = { .directory = fixture->folder,
		.map_size = 16 << 20 };
	struct agent *agent = &fixture->agent;
	char why[512] = "";
	char path[128];

	memset(fixture, 0, sizeof(*fixture));
	folder_make(fixture->folder);
	pthread_mutex_init(&agent->config.lock, NULL);
	agent->uid = 990;
	agent->started_at = NOW - 60;
	snprintf(path, sizeof(path), "%s/key", fixture->folder);
	ck_assert_int_eq(keyring_make(path), 0);
	ck_assert_int_eq(
	    keyring_load(path, &agent->keyring, why, sizeof(why)), 0);
	ck_assert_msg(store_open(&options, agent->keyring, &agent->store, why,
			  sizeof(why)) == 0,
	    "%s", why);
	ck_assert_int_eq(store_reader_open(agent->store, &fixture->reader), 0);
	agent->log = log_new(LOG_TO_STDERR);
	ck_assert_ptr_nonnull(agent->log);
	open_config(fixture, config);
}

/* What was logged goes where it bothers nobody. */
static void
close_log(struct log *log)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int before = dup(STDERR_FILENO);

	dup2(nowhere, STDERR_FILENO);
	log_free(log);
	dup2(before, STDERR_FILENO);
	close(before);
	close(nowhere);
}

void
fixture_close(struct fixture *fixture)
{
	close_log(fixture->agent.log);
	store_reader_close(fixture->reader);
	store_close(fixture->agent.store);
	keyring_free(fixture->agent.keyring);
	config_free(fixture->config);
	pthread_mutex_destroy(&fixture->agent.config.lock);
	folder_remove(fixture->folder);
}

void
fixture_apply(struct fixture *fixture, struct changeset *set)
{
	int result = -1;

	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(
	    store_apply(fixture->agent.store, &set, 1, &result), 0);
	ck_assert_int_eq(result, 0);
	changeset_free(set);
}

void
fixture_change(struct fixture *fixture, const struct token *token,
    const struct record *before, uint32_t version, const struct record *record)
{
	struct changeset *set = changeset_new();

	changeset_token(set, span_of(token->id), before, version, record);
	fixture_apply(fixture, set);
}

void
fixture_add(struct fixture *fixture, const struct token *token,
    const struct record *record)
{
	fixture_change(fixture, token, NULL, VERSION_ABSENT, record);
}
