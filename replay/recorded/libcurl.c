// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl.c - libcurl, loaded by the few commands that need it
 *
 * It brings thirty libraries with it (Kerberos, LDAP, two of TLS), and to link it would make every start
 * of the program half as long again as it is. Limit: one thread asks first.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "replay/recorded/libcurl.h"

#define SONAME "libcurl.so.4"

static struct libcurl loaded;

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{"curl_easy_init", offsetof(struct libcurl, easy_init)},
	{"curl_easy_setopt", offsetof(struct libcurl, easy_setopt)},
	{"curl_easy_perform", offsetof(struct libcurl, easy_perform)},
	{"curl_easy_cleanup", offsetof(struct libcurl, easy_cleanup)},
	{"curl_easy_strerror", offsetof(struct libcurl, easy_strerror)},
	{"curl_easy_escape", offsetof(struct libcurl, easy_escape)},
	{"curl_easy_unescape", offsetof(struct libcurl, easy_unescape)},
	{"curl_free", offsetof(struct libcurl, free)},
	{"curl_version", offsetof(struct libcurl, version)},
};

const struct libcurl *libcurl(struct err *e)
{
	static bool whole;
	void *library;

	if (whole)
		return &loaded;
	library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		err_set(e, "%s; apt install libcurl4", dlerror());
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function) {
			err_set(e, "%s lacks %s; apt install libcurl4", SONAME, functions[i].name);
			dlclose(library);
			return NULL;
		}
		memcpy((char *)&loaded + functions[i].at, &function, sizeof(function));
	}
	whole = true;
	return &loaded;
}
