/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RECORDED_LIBCURL_H
#define RECORDED_LIBCURL_H

#define CURL_DISABLE_TYPECHECK /* its checks are macros of the functions' names */
#include <curl/curl.h>

#include "base/err.h"

/* What we use of libcurl, by its names without "curl_". */
struct libcurl {
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *curl);
	void (*easy_cleanup)(CURL *curl);
	const char *(*easy_strerror)(CURLcode code);
	char *(*easy_escape)(CURL *curl, const char *text, int length);
	char *(*easy_unescape)(CURL *curl, const char *text, int length, int *out_length);
	void (*free)(void *text);
	char *(*version)(void);
};

/* The library, loaded when it is first asked for and kept. NULL with @e set where it is missing. */
const struct libcurl *libcurl(struct err *e);

#endif
