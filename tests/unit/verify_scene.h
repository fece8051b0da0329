/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_VERIFY_SCENE_H
#define APITOKEN_TESTS_VERIFY_SCENE_H

#include <check.h>
#include <stdint.h>

#include "agent/model/verify.h"

/* A verification that succeeds; each test spoils what it is about. */
struct scene {
	struct record record;
	struct record parent; /* for access tokens: as good */
	struct token token;
	struct service service;
	struct verify_input input; /* points to the others */
};

/* Alice's token, asked for alice by root on behalf of a service "web". */
void scene_init(struct scene *scene);

/* What verify() says; *secret_number is in number. */
uint32_t scene_verify(const struct scene *scene, uint8_t *number);

/* Fails the test unless exactly these are the reasons. */
void scene_expect(
    const struct scene *scene, uint32_t reasons, const char *about);

/* The cases of the other files of this program. */
TCase *verify_tables_case(void);
TCase *verify_random_case(void);

#endif
