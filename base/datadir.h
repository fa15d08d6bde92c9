/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_DATADIR_H
#define BASE_DATADIR_H

#include "base/err.h"

/* Finds one of the project's data files, such as "scenarios/nats/full-cone.yaml" or
 * "detector/signatures/ehlert-petgang-1.4.yaml": under $SKYPELAB_DATA, else under
 * PREFIX/share/skypelab of the program that runs as PREFIX/bin/skypelab, else under the sources it
 * was built in (a parent folder of the program's). An (owned) path, or NULL with @e set: which file,
 * and where it was looked for. */
char *data_path(const char *relative, struct err *e);
/* Where a user's own file beside the project's stands (owned): under the same folder, but of an
 * installed program, whose data no user changes, under the working directory. */
char *data_own(const char *relative);
/* A bare name becomes FOLDER/NAME.yaml, found by data_path(). A name with a '/' or ending in .yaml
 * is a path and is returned as it is (owned). NULL with @e set: the name is not in the folder; the
 * message lists the names that are. */
char *data_file(const char *folder, const char *name, struct err *e);
/* Folder with recorded captures: $SKYPELAB_CORPORA, else "corpora". */
const char *corpora_dir(void);
/* Names of the data files in a folder, without ".yaml", sorted, ended by NULL. NULL with @e set. */
char **data_names(const char *folder, struct err *e);
void data_names_free(char **names); /* NULL is allowed */

#endif
