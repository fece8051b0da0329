/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_DEAF_WRITER_H
#define APITOKEN_TESTS_DEAF_WRITER_H

#include "agent/store/writer.h"

/* Options of a writer that tells nobody anything: a test sets what it wants to
 * hear. */
struct writer_options deaf_writer(struct store *store);

#endif
