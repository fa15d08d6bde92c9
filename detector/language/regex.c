// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regex.c - regular expressions, by PCRE2, within limits
 *
 * Model. A pattern is about bytes: a dot is any byte, there is no UTF, "$" is the end of what is searched. It is
 * compiled once, when its signature is read.
 *
 * Limits. What is searched comes from strangers, and some patterns take exponential time. So each search may try
 * REGEX_STEPS_MAX parts of the pattern, counted by callouts before each, over all places where it may begin (PCRE2's
 * own limit counts anew at each); PCRE2's limits on matching, depth and memory stand behind that. A search that reaches
 * one is given up, and says so.
 *
 * The pattern is interpreted. Its translation into machine code (JIT) reaches limits elsewhere, and a confined process
 * may not make any (base/syscall_filter.h), so that what is found would depend on where it runs.
 *
 * PCRE2 is loaded when the first pattern is compiled.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/regex.h"

struct library library_pcre2 = {.file = "libpcre2-8.so.0", .package = "libpcre2-8-0"};

#define pcre2_code_free_8 LIBRARY_FUNCTION(library_pcre2, pcre2_code_free_8)
#define pcre2_compile_8	  LIBRARY_FUNCTION(library_pcre2, pcre2_compile_8)
#define pcre2_compile_context_create_8                                                             \
	LIBRARY_FUNCTION(library_pcre2, pcre2_compile_context_create_8)
#define pcre2_compile_context_free_8  LIBRARY_FUNCTION(library_pcre2, pcre2_compile_context_free_8)
#define pcre2_get_error_message_8     LIBRARY_FUNCTION(library_pcre2, pcre2_get_error_message_8)
#define pcre2_get_ovector_pointer_8   LIBRARY_FUNCTION(library_pcre2, pcre2_get_ovector_pointer_8)
#define pcre2_match_8		      LIBRARY_FUNCTION(library_pcre2, pcre2_match_8)
#define pcre2_match_context_create_8  LIBRARY_FUNCTION(library_pcre2, pcre2_match_context_create_8)
#define pcre2_match_context_free_8    LIBRARY_FUNCTION(library_pcre2, pcre2_match_context_free_8)
#define pcre2_match_data_create_8     LIBRARY_FUNCTION(library_pcre2, pcre2_match_data_create_8)
#define pcre2_match_data_free_8	      LIBRARY_FUNCTION(library_pcre2, pcre2_match_data_free_8)
#define pcre2_pattern_info_8	      LIBRARY_FUNCTION(library_pcre2, pcre2_pattern_info_8)
#define pcre2_set_callout_8	      LIBRARY_FUNCTION(library_pcre2, pcre2_set_callout_8)
#define pcre2_set_depth_limit_8	      LIBRARY_FUNCTION(library_pcre2, pcre2_set_depth_limit_8)
#define pcre2_set_heap_limit_8	      LIBRARY_FUNCTION(library_pcre2, pcre2_set_heap_limit_8)
#define pcre2_set_match_limit_8	      LIBRARY_FUNCTION(library_pcre2, pcre2_set_match_limit_8)
#define pcre2_set_parens_nest_limit_8 LIBRARY_FUNCTION(library_pcre2, pcre2_set_parens_nest_limit_8)

#define DEPTH_MAX  1000
#define HEAP_MAX   512 /* KiB */
#define PARENS_MAX 20  /* in one another */

/**
 * struct scratch - what one search needs
 * @steps:	Parts of the pattern tried in it
 */
struct scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	uint32_t steps;
};

/**
 * struct regex - see regex.h
 * @spare:	Of a search that is over, for the next; NULL = there is none, or it is in use
 */
struct regex {
	char *pattern;
	bool nocase;
	pcre2_code *code;
	struct scratch *_Atomic spare;
};

static int step(pcre2_callout_block *block, void *arg)
{
	struct scratch *s = arg;

	(void)block;
	return ++s->steps > REGEX_STEPS_MAX ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static void out_of_memory(const void *p)
{
	if (p)
		return;
	log_error("out of memory");
	abort();
}

static struct scratch *scratch_new(void)
{
	struct scratch *s = xcalloc(1, sizeof(*s));

	s->data = pcre2_match_data_create(1, NULL);
	s->context = pcre2_match_context_create(NULL);
	out_of_memory(s->data);
	out_of_memory(s->context);
	pcre2_set_match_limit(s->context, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(s->context, DEPTH_MAX);
	pcre2_set_heap_limit(s->context, HEAP_MAX);
	pcre2_set_callout(s->context, step, s);
	return s;
}

static void scratch_free(struct scratch *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	free(s);
}

/* 0, or -1 with @e set. */
static int compile(struct regex *re, struct err *e)
{
	const uint32_t options = PCRE2_AUTO_CALLOUT | PCRE2_DOLLAR_ENDONLY | PCRE2_DOTALL |
				 PCRE2_NEVER_UCP | PCRE2_NEVER_UTF |
				 (re->nocase ? PCRE2_CASELESS : 0);
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	uint32_t empty = 1;
	PCRE2_UCHAR why[200];
	PCRE2_SIZE at;
	int rc;

	out_of_memory(context);
	pcre2_set_parens_nest_limit(context, PARENS_MAX);
	re->code = pcre2_compile((PCRE2_SPTR)re->pattern, PCRE2_ZERO_TERMINATED, options, &rc, &at,
				 context);
	pcre2_compile_context_free(context);
	if (!re->code) {
		pcre2_get_error_message(rc, why, sizeof(why));
		return err_set(e, "%s at column %zu of the pattern", (const char *)why, at + 1);
	}
	pcre2_pattern_info(re->code, PCRE2_INFO_MATCHEMPTY, &empty);
	return empty ? err_set(e, "it can match no bytes at all, so it matches everything") : 0;
}

struct regex *regex_new(const char *pattern, bool nocase, struct err *e)
{
	struct regex *re;

	if (strlen(pattern) > REGEX_PATTERN_MAX) {
		err_set(e, "%zu characters, expected at most %d", strlen(pattern),
			REGEX_PATTERN_MAX);
		return NULL;
	}
	library_load(&library_pcre2);
	if (!library_pcre2.handle) {
		err_set(e, "it needs %s, which is not there; apt install %s", library_pcre2.file,
			library_pcre2.package);
		return NULL;
	}
	re = xcalloc(1, sizeof(*re));
	re->pattern = xstrdup(pattern);
	re->nocase = nocase;
	if (compile(re, e) == 0)
		return re;
	regex_free(re);
	return NULL;
}

void regex_free(struct regex *re)
{
	if (!re)
		return;
	scratch_free(re->spare);
	if (re->code)
		pcre2_code_free(re->code);
	free(re->pattern);
	free(re);
}

const char *regex_pattern(const struct regex *re)
{
	return re->pattern;
}

bool regex_nocase(const struct regex *re)
{
	return re->nocase;
}

enum regex_result regex_search(struct regex *re, const uint8_t *b, size_t n, size_t *at,
			       size_t *length)
{
	struct scratch *s = atomic_exchange(&re->spare, NULL);
	const PCRE2_SIZE *found;
	int rc;

	if (!s)
		s = scratch_new();
	s->steps = 0;
	rc = pcre2_match(re->code, b, n < REGEX_BYTES_MAX ? n : REGEX_BYTES_MAX, 0, 0, s->data,
			 s->context);
	found = pcre2_get_ovector_pointer(s->data);
	if (rc >= 0) { /* "\K" may put the beginning behind the end */
		*at = found[0];
		*length = found[1] > found[0] ? found[1] - found[0] : 0;
	}
	scratch_free(atomic_exchange(&re->spare, s));
	return rc >= 0 ? REGEX_YES : rc == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_GIVEN_UP;
}
