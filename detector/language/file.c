// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file.c - reads and holds signature files, which find.c finds
 *
 * A signature file is one YAML mapping: a head (name, revision, date, source ...), the memory sets
 * it uses, and its rules. All files loaded together become one signature_set, compiled into one
 * dispatch, so a packet is looked at once however many signatures there are.
 *
 * The file is read whole before it is parsed; files over 1 MiB are refused.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/label.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "detector/language/dispatch.h"
#include "detector/language/file.h"
#include "detector/language/packed.h"
#include "detector/language/record.h"
#include "detector/language/rule.h"
#include "detector/language/shared_rules.h"

#define NAME_BYTES_MAX 63 /* what scores and runs keep of a name */

struct signature_set *signature_set_new(void)
{
	return xcalloc(1, sizeof(struct signature_set));
}

void signatures_free(struct signature_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->rules_n; i++)
		rule_free(s->rules[i]);
	for (size_t i = 0; i < s->sets_n; i++)
		free(s->sets[i].name);
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(s->signatures[i].text); k++)
			free(s->signatures[i].text[k]);
	free(s->sets);
	dispatch_free(s->dispatch);
	free(s);
}

size_t signatures_count(const struct signature_set *s)
{
	return s->n;
}

const struct signature_info *signatures_info(const struct signature_set *s, size_t i)
{
	return &s->signatures[i].info;
}

void signatures_record_times(struct signature_set *s, uint64_t active_ns, uint64_t inactive_ns)
{
	for (size_t i = 0; i < s->n; i++) {
		struct record_times *t = &s->signatures[i].times;

		t->active = active_ns ? active_ns : t->active;
		t->inactive = inactive_ns ? inactive_ns : t->inactive;
	}
}

int signatures_own_addresses(struct signature_set *s, const char *const *texts, size_t n,
			     struct err *e)
{
	struct hosts own = {0};

	for (size_t i = 0; i < n; i++)
		if (own.n == ARRAY_LEN(own.r))
			return err_set(e, "more than %zu own addresses", ARRAY_LEN(own.r));
		else if (sig_network(texts[i], &own) < 0)
			return err_set(
				e,
				"own address \"%.40s\", expected an address or a network such as "
				"192.0.2.0/24",
				texts[i]);
	for (size_t i = 0; i < s->n && n; i++)
		s->signatures[i].own = own;
	return 0;
}

bool signatures_ask_records(const struct signature_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->signatures[i].records)
			return true;
	return false;
}

void signature_set_compile(struct signature_set *set)
{
	shared_rules_join(set);
	dispatch_free(set->dispatch);
	set->dispatch = dispatch_new(set);
}

enum { T_NAME, T_DATE, T_TITLE, T_SOURCE, T_VERSIONS, T_NOTES, T_PATH, T_APPLICATION };

static int head_text(struct sigparse *p, yaml_node_t *root, const char *key, bool needed,
		     char **out)
{
	yaml_node_t *v = yaml_get(&p->doc, root, key);
	char *c;

	if (!v && needed)
		return sig_error(p, root, "no \"%s\", expected it at the top of a signature", key);
	if (v && !sig_text(v))
		return sig_error(p, v, "\"%s\" is %s, expected a text", key, sig_show(v));
	if (v && needed && !*sig_text(v))
		return sig_error(p, v, "\"%s\" is empty", key);
	*out = xstrdup(v ? sig_text(v) : "");
	for (c = *out + strlen(*out); c > *out && c[-1] == '\n'; c--)
		c[-1] = '\0';
	return 0;
}

static int head_versions(struct sigparse *p, yaml_node_t *root, char **out)
{
	yaml_node_t *v = yaml_get(&p->doc, root, "versions");
	char buf[400] = "";

	if (!v || v->type != YAML_SEQUENCE_NODE)
		return sig_error(p, v ? v : root,
				 "\"versions\" is %s, expected a list of client "
				 "versions",
				 sig_show(v));
	for (yaml_node_item_t *it = v->data.sequence.items.start; it < v->data.sequence.items.top;
	     it++) {
		yaml_node_t *item = yaml_document_get_node(&p->doc, *it);

		if (!sig_text(item))
			return sig_error(p, item, "%s in \"versions\", expected a text",
					 sig_show(item));
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s", *buf ? ", " : "",
			 sig_text(item));
	}
	*out = xstrdup(buf);
	return 0;
}

static int head_sets(struct sigparse *p, yaml_node_t *root)
{
	yaml_node_t *v = yaml_get(&p->doc, root, "sets");

	if (!v)
		return 0;
	if (v->type != YAML_MAPPING_NODE)
		return sig_error(p, v, "\"sets\" is %s, expected names with the time they keep",
				 sig_show(v));
	for (yaml_node_pair_t *a = v->data.mapping.pairs.start; a < v->data.mapping.pairs.top;
	     a++) {
		yaml_node_t *k = yaml_document_get_node(&p->doc, a->key);
		struct memory_set *s;
		uint64_t keep;

		if (!sig_text(k))
			return sig_error(p, k, "%s, expected the name of a set", sig_show(k));
		if (sig_duration(p, yaml_document_get_node(&p->doc, a->value), &keep) < 0)
			return -1;
		if (p->set->sets_n == 1000)
			return sig_error(p, k, "more than 1000 sets in all signatures together");
		p->set->sets = xrealloc(p->set->sets, (p->set->sets_n + 1) * sizeof(*s));
		s = &p->set->sets[p->set->sets_n++];
		*s = (struct memory_set){.name = xstrdup(sig_text(k)),
					 .signature = p->signature,
					 .keep = keep,
					 .shape = -1};
	}
	return 0;
}

/* What the signature looks for; a text of the document. */
static const char *application_of(struct sigparse *p, yaml_node_t *root)
{
	yaml_node_t *v = yaml_get(&p->doc, root, "application");

	return v && sig_text(v) ? sig_text(v) : LABEL_SKYPE;
}

static int head_application(struct sigparse *p, yaml_node_t *root, char **out)
{
	yaml_node_t *v = yaml_get(&p->doc, root, "application");

	if (v && (!sig_text(v) || !label_names_application(sig_text(v))))
		return sig_error(p, v, "\"application\" is %s, expected a name of " LABEL_FORM,
				 sig_show(v));
	*out = xstrdup(application_of(p, root));
	return 0;
}

static int head(struct sigparse *p, yaml_node_t *root, struct signature *s)
{
	static const char *const keys[] = {"signature",	    "revision", "date",	       "title",
					   "source",	    "versions", "notes",       "segments",
					   "sets",	    "rules",	"application", "records",
					   "own-addresses", NULL};
	static const char *const segments[] = {"reassembled", "psh", NULL};
	struct err why;
	yaml_node_t *v;
	long revision;
	int word;

	if (sig_only(p, root, keys, "a signature") < 0 ||
	    head_text(p, root, "signature", true, &s->text[T_NAME]) < 0 ||
	    head_text(p, root, "date", true, &s->text[T_DATE]) < 0 ||
	    head_text(p, root, "title", true, &s->text[T_TITLE]) < 0 ||
	    head_text(p, root, "source", true, &s->text[T_SOURCE]) < 0 ||
	    head_text(p, root, "notes", false, &s->text[T_NOTES]) < 0 ||
	    head_versions(p, root, &s->text[T_VERSIONS]) < 0)
		return -1;
	v = yaml_get(&p->doc, root, "signature");
	if (name_check(s->text[T_NAME], NAME_BYTES_MAX, &why) < 0)
		return sig_error(p, v, "%s", why.msg);
	v = yaml_get(&p->doc, root, "revision");
	if (!v)
		return sig_error(p, root, "no \"revision\", expected a number from 1");
	if (sig_int(p, v, 1, 1000000, &revision) < 0)
		return -1;
	if (head_application(p, root, &s->text[T_APPLICATION]) < 0)
		return -1;
	v = yaml_get(&p->doc, root, "segments");
	if (v) {
		if (sig_word(p, v, segments, &word) < 0)
			return -1;
		s->psh = p->psh = word == 1;
	}
	s->times = (struct record_times){RECORD_ACTIVE_NS, RECORD_INACTIVE_NS, false};
	v = yaml_get(&p->doc, root, "records");
	if (v && sig_record_times(p, v, &s->times) < 0)
		return -1;
	v = yaml_get(&p->doc, root, "own-addresses");
	if (v && sig_hosts(p, v, &s->own) < 0)
		return -1;
	s->text[T_PATH] = xstrdup(p->path);
	s->info = (struct signature_info){.name = s->text[T_NAME],
					  .revision = (unsigned)revision,
					  .date = s->text[T_DATE],
					  .application = s->text[T_APPLICATION],
					  .title = s->text[T_TITLE],
					  .source = s->text[T_SOURCE],
					  .versions = s->text[T_VERSIONS],
					  .notes = s->text[T_NOTES],
					  .path = s->text[T_PATH]};
	return head_sets(p, root);
}

static int read_document(struct sigparse *p)
{
	struct signature *s = &p->set->signatures[p->set->n];
	yaml_node_t *root = yaml_document_get_root_node(&p->doc), *rules;

	if (root && p->only && !label_is(application_of(p, root), p->only))
		return 0;
	p->signature = (uint16_t)p->set->n++;
	if (!root)
		return err_set(p->e, "%s:1: empty, expected a signature", p->path);
	if (head(p, root, s) < 0)
		return -1;
	rules = yaml_get(&p->doc, root, "rules");
	if (!rules || rules->type != YAML_SEQUENCE_NODE ||
	    rules->data.sequence.items.start == rules->data.sequence.items.top)
		return sig_error(p, rules ? rules : root,
				 "\"rules\" is %s, expected a list of rules", sig_show(rules));
	for (yaml_node_item_t *it = rules->data.sequence.items.start;
	     it < rules->data.sequence.items.top; it++) {
		yaml_node_t *v = yaml_document_get_node(&p->doc, *it);

		if (v->type != YAML_MAPPING_NODE)
			return sig_error(p, v, "%s in \"rules\", expected a mapping", sig_show(v));
		if (sig_rule(p, v) < 0)
			return -1;
		s->records |= p->set->rules[p->set->rules_n - 1]->forms_n > 0;
		s->info.rules++;
	}
	return 0;
}

/* The tree of a text, in @p. */
static int read_yaml(struct sigparse *p, const char *text, size_t len)
{
	char *plain = xcalloc(1, len + 1);
	int rc;

	memcpy(plain, text, len);
	rc = format_take_yaml(p->path, plain, len, p->e);
	if (rc == 0)
		rc = yaml_document_read(p->path, plain, len, &p->doc, p->e);
	free(plain);
	return rc;
}

static int add_text(struct signature_set *set, const char *path, const char *only, const char *text,
		    size_t len, struct err *e)
{
	struct sigparse p = {.set = set, .path = path, .only = only, .e = e};
	const struct packed_file *packed;
	size_t before = set->n;
	int rc;

	if (len > SIGNATURE_FILE_MAX)
		return err_set(e, "%s: longer than %d bytes, expected a signature", path,
			       SIGNATURE_FILE_MAX);
	if (set->n == SIGNATURES_MAX)
		return err_set(e, "%s: more than %d signatures at a time", path, SIGNATURES_MAX);
	packed = packed_find(text, len);
	if (packed)
		packed_document(packed, &p.doc);
	else if (read_yaml(&p, text, len) < 0)
		return -1;
	rc = read_document(&p);
	if (set->n > before && packed)
		memcpy(set->signatures[before].digest, packed_digest(packed),
		       sizeof(set->signatures[before].digest));
	else if (set->n > before)
		bytes_sha256(text, len, set->signatures[before].digest);
	(packed ? packed_delete : yaml_document_delete)(&p.doc);
	return rc;
}

int signature_add_text(struct signature_set *set, const char *path, const char *text, size_t len,
		       struct err *e)
{
	return add_text(set, path, NULL, text, len, e);
}

/* NAME@REVISION names the signature that was added last. */
static int check_revision(const struct signature_set *set, const char *name, const char *path,
			  struct err *e)
{
	const char *at = strchr(name, '@');
	uint64_t revision;

	if (!at || signature_name_is_path(name) ||
	    (number_is_whole(at + 1, &revision) &&
	     revision == set->signatures[set->n - 1].info.revision))
		return 0;
	return err_set(e, "%s: is revision %u, expected %s", path,
		       set->signatures[set->n - 1].info.revision, at + 1);
}

/* Adds the files of one name, which are the first @n. */
static int add_named(struct signature_set *set, const char *name, const struct signature_file *f,
		     size_t n, struct err *e)
{
	const char *application = signature_name_application(name);
	const char *only = application && strcmp(application, "*") != 0 ? application : NULL;
	size_t before = set->n;

	for (size_t i = 0; i < n; i++)
		if (add_text(set, f[i].path, only, f[i].text, f[i].len, e) < 0)
			return -1;
	if (!application)
		return check_revision(set, name, f[0].path, e);
	if (set->n > before)
		return 0;
	return err_set(e,
		       "no bundled signature looks for %.80s; `skypelab signature list` names "
		       "them, a file is given with its path",
		       application);
}

static int add_files(struct signature_set *set, const char *const *names,
		     const struct signature_file *f, size_t n, struct err *e)
{
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && f[k].name == f[i].name; k++)
			;
		if (add_named(set, names[f[i].name], f + i, k - i, e) < 0)
			return -1;
	}
	return 0;
}

struct signature_set *signatures_from(const char *const *names, const struct signature_file *f,
				      size_t n, struct err *e)
{
	struct signature_set *set = signature_set_new();

	if (add_files(set, names, f, n, e) < 0) {
		signatures_free(set);
		return NULL;
	}
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(set->signatures[i].info.name, set->signatures[k].info.name) &&
			    set->signatures[i].info.revision == set->signatures[k].info.revision) {
				err_set(e,
					"%s: signature %s revision %u is loaded already, from %s",
					set->signatures[i].info.path, set->signatures[i].info.name,
					set->signatures[i].info.revision,
					set->signatures[k].info.path);
				signatures_free(set);
				return NULL;
			}
	if (!set->n) {
		err_set(e, "no signature given");
		signatures_free(set);
		return NULL;
	}
	signature_set_compile(set);
	malloc_trim(0); /* the YAML took much more memory than what stays */
	if (set->dispatch->udp.overflow || set->dispatch->tcp.overflow) {
		err_set(e,
			"more than %d first messages in the rules of all signatures together, "
			"expected fewer signatures at a time",
			DISPATCH_WORDS * 64);
		signatures_free(set);
		return NULL;
	}
	return set;
}

struct signature_set *signatures_load(const char *const *names, size_t n, struct err *e)
{
	struct signature_set *set = NULL;
	struct signature_file *files;
	size_t count;
	int rc = signature_files_find(names, n, &files, &count, e);

	for (size_t i = 0; !rc && i < count; i++)
		rc = signature_file_read(&files[i], NULL, e);
	if (!rc)
		set = signatures_from(names, files, count, e);
	signature_files_free(files, count);
	return set;
}
