// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * library.c - shared libraries that are loaded when they are needed
 *
 * The loader maps and binds every linked library at each start, with the libraries that these need: libpcap brings
 * D-Bus, systemd and libgcrypt. A start that needs none of them took twice as long. A process that will give up the
 * right to open files must call what it needs of a library before.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/library.h"

static void missing(const struct library *l, const char *why)
{
	log_error("%s; apt install %s", why ? why : l->file, l->package);
	exit(EXIT_ENV);
}

void library_load(struct library *l)
{
	if (!l->handle)
		l->handle = dlopen(l->file, RTLD_LAZY | RTLD_GLOBAL);
}

void *library_function(struct library *l, const char *name)
{
	void *function;

	library_load(l);
	if (!l->handle)
		missing(l, dlerror());
	function = dlsym(l->handle, name);
	if (!function)
		missing(l, dlerror());
	return function;
}
