/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_NAMES_H
#define CLI_LAB_NAMES_H

#include <stddef.h>

#include "base/err.h"

/* Where the labs of a user have their names: folders that no other user can write to. */

#define NAME_FOLDERS	 4  /* at most */
#define NAME_FOLDER_PATH 76 /* bytes of a folder's path: a socket's address takes no more */

/* A folder for a new name, made if need be, locked against every other taker of names. Its
 * descriptor (caller closes), with the path in @path; -1 with @e set. */
int names_lock(char path[NAME_FOLDER_PATH], struct err *e);
/* Locks such a folder again. */
void names_lock_again(int folder);
/* Unlocks it; it is removed when no name is in it. */
void names_unlock(int folder, const char *path);
/* The folders that are there; names are looked for in all of them. Returns how many. */
size_t names_folders(char paths[NAME_FOLDERS][NAME_FOLDER_PATH]);

#endif
