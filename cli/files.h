/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_FILES_H
#define APITOKEN_CLI_FILES_H

/* The folder of a path, opened; -1, errno. */
int files_open_folder(const char *path);

/* Brings the names in it to the disk; -1, errno. */
int files_sync_folder(const char *path);

#endif
