/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_MODULEARGUMENT_H
#define APITOKEN_CLI_MODULEARGUMENT_H

/*
 * What the module takes behind its name in a PAM file.  It is a floor of its
 * own and cannot be asked; a test holds both to the same answers.
 */

/* NULL if the module understands the argument, else what would be right. */
const char *moduleargument_right(const char *argument);

#endif
