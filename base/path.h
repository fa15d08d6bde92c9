/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PATH_H
#define BASE_PATH_H

/* "@dir/@name" (owned). */
char *path_in(const char *dir, const char *name);
/* The same with a name made by printf's rules: path_inf(dir, "truth.%s.tsv", vantage). */
char *path_inf(const char *dir, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The folder that @path lies in, "." without a slash (owned). */
char *path_folder(const char *path);

/* Where a file made under @path would stand: @path, or the end of the links that it names (owned).
 * NULL with errno set. */
char *path_end_of_links(const char *path);

/* Where the shell would find @program: in the folders of $PATH, then in those of @also ("a:b",
 * may be NULL). A name with a slash is taken as it is. (owned), or NULL when nothing there can
 * be run. */
char *path_of_program(const char *program, const char *also);

#endif
