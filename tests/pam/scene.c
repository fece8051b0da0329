/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/pam/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_S 20

char good_token[TOKEN_TEXT_SIZE + 1];

void
scene_token(enum token_kind kind, char text[TOKEN_TEXT_SIZE + 1])
{
	struct token token = { .kind = kind, .id = "0123456789" };

	for (size_t i = 0; i < sizeof(token.secret); i++)
		token.secret[i] = (uint8_t)(0x3b + 11 * i);
	tokentext_format(&token, text);
}

void
scene_service(const char *arguments)
{
	char all[1024];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u %s",
	    login_path("socket"), (unsigned)geteuid(), arguments);
	login_service("svc", "auth required %s %s\naccount required %s %s\n",
	    MODULE, all, MODULE, all);
}

void
scene_listen(struct listener *listener, enum listener_play play,
    const void *data, size_t size)
{
	listener_start(listener, login_path("socket"), play, data, size);
}

void
scene_status(struct listener *listener, const char *statuses)
{
	scene_listen(listener, LISTENER_STATUS, statuses, strlen(statuses));
}

bool
scene_logged(const char *text)
{
	return strstr(journal_text(), text) != NULL;
}

bool
scene_leaked(void)
{
	/* Behind "atk_", the id and "_". */
	for (size_t i = 15; i + 8 <= TOKEN_TEXT_SIZE; i++) {
		char piece[9] = { 0 };

		memcpy(piece, good_token + i, 8);
		if (scene_logged(piece))
			return true;
	}
	return false;
}

static void
setup(void)
{
	scene_token(TOKEN_API, good_token);
	journal_clear();
}

int
scene_run(const char *name, void (*add)(TCase *tcase))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, TIMEOUT_S);
	add(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
