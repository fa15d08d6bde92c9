// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record.c - reads rules about flow records
 *
 * A flow record is what an exporter (NetFlow, IPFIX) says of one direction of a flow: addresses, ports,
 * first and last packet, packets, bytes, TCP flags. A rule with "record" is asked once for each record, when
 * that is complete; it sees no packet. So it has no messages, and what needs one ("steps", "tally", "hold",
 * bytes in a key) is refused here.
 *
 * When a record is complete depends on the exporter's timeouts, and with them packets and bytes of a record:
 * they are part of the signature ("records"), and can be set anew from outside to see how much depends on
 * them.
 */
#include <stdlib.h>
#include <string.h>

#include "detector/language/action.h"
#include "detector/language/record.h"

static const char *const flag_names[] = {"fin", "syn", "rst", "psh", "ack",
					 "urg", "ece", "cwr", NULL};

const char *record_flag_name(unsigned bit)
{
	return flag_names[bit];
}

int sig_record_times(struct sigparse *p, yaml_node_t *n, struct record_times *out)
{
	static const char *const keys[] = {"active", "inactive", "of", NULL};
	static const char *const of[] = {"direction", "flow", NULL};
	yaml_node_t *v;
	int word = 0;

	if (sig_only(p, n, keys, "records") < 0 ||
	    sig_key_duration(p, n, "active", &out->active) < 0 ||
	    sig_key_duration(p, n, "inactive", &out->inactive) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "of");
	if (v && sig_word(p, v, of, &word) < 0)
		return -1;
	out->both = word == 1;
	return 0;
}

static int read_flag(struct sigparse *p, yaml_node_t *n, struct record_form *f)
{
	const char *t = sig_text(n);
	bool clear = t && *t == '!';

	for (unsigned i = 0; t && flag_names[i]; i++)
		if (!strcmp(t + clear, flag_names[i])) {
			*(clear ? &f->clear : &f->set) |= (uint8_t)(1U << i);
			return 0;
		}
	return sig_error(p, n,
			 "%s in \"flags\", expected fin, syn, rst, psh, ack, urg, ece or cwr, or ! "
			 "before one",
			 sig_show(n));
}

static int read_flags(struct sigparse *p, yaml_node_t *n, struct record_form *f)
{
	if (n->type != YAML_SEQUENCE_NODE)
		return read_flag(p, n, f);
	for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
	     it++)
		if (read_flag(p, yaml_document_get_node(&p->doc, *it), f) < 0)
			return -1;
	return 0;
}

static int read_form(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"packets",  "bytes", "mean-size",
					   "duration", "flags", NULL};
	struct rule *r = p->rule;
	struct record_form *f;
	yaml_node_t *v;

	if (r->forms_n == RECORD_FORMS_MAX)
		return sig_error(p, n, "more than %d forms of a record in rule %s",
				 RECORD_FORMS_MAX, r->name);
	r->forms = xrealloc(r->forms, (r->forms_n + 1U) * sizeof(*f));
	f = &r->forms[r->forms_n++];
	memset(f, 0, sizeof(*f));
	f->line = (uint32_t)n->start_mark.line + 1;
	if (sig_only(p, n, keys, "record") < 0 ||
	    sig_key_numset_within(p, n, "packets", 1, UINT32_MAX, &f->packets) < 0 ||
	    sig_key_numset(p, n, "bytes", &f->bytes) < 0 ||
	    sig_key_numset(p, n, "mean-size", &f->mean_size) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "duration");
	if (v && sig_times(p, v, "duration", &f->least, &f->most) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "flags");
	if (v && read_flags(p, v, f) < 0)
		return -1;
	return f->set & f->clear
		       ? sig_error(p, v, "a flag with and without \"!\", expected one of them")
		       : 0;
}

/* What only a rule that sees packets can have. */
static int refuse(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"steps",    "tally", "when", "on",
					   "segments", "until", "once", "within"};
	yaml_node_t *flow = yaml_get(&p->doc, n, "flow"), *v;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		v = yaml_get(&p->doc, n, keys[i]);
		if (v)
			return sig_error(
				p, v,
				"\"%s\" beside \"record\", expected none: a record is asked "
				"once, when it is complete",
				keys[i]);
	}
	v = flow ? yaml_get(&p->doc, flow, "handshake") : NULL;
	if (v)
		return sig_error(
			p, v, "\"handshake\" beside \"record\", expected \"flags\" of the record");
	if (p->rule->client != CLIENT_SENDER && p->rule->client != CLIENT_RECEIVER)
		return sig_error(p, yaml_get(&p->doc, n, "client"),
				 "the client of a record is its sender or its receiver");
	return 0;
}

static int check(struct sigparse *p, yaml_node_t *n)
{
	const struct rule *r = p->rule;

	for (unsigned i = 0; i < r->known_n; i++)
		if (r->known[i].hold)
			return sig_error(
				p, n,
				"\"hold\" in rule %s, which reads flow records: expected "
				"none, since records come in the order of their beginnings",
				r->name);
	if (r->then.count.used && (r->then.count.share_of >= 0 || r->then.count.step_length))
		return sig_error(p, n, "\"share\" or \"step\" in rule %s, which reads flow records",
				 r->name);
	if (r->then.event == EVENT_SESSION_CHANGE || r->then.event == EVENT_SESSION_END ||
	    r->then.event == EVENT_CALL_END)
		return sig_error(p, n,
				 "event %s in rule %s, which reads flow records: expected one that "
				 "begins something",
				 event_kind_text((enum event_kind)r->then.event), r->name);
	return 0;
}

int sig_record_rule(struct sigparse *p, yaml_node_t *n)
{
	yaml_node_t *forms = yaml_get(&p->doc, n, "record"), *flow = yaml_get(&p->doc, n, "flow");
	yaml_node_t *then = yaml_get(&p->doc, n, "then");

	if (refuse(p, n) < 0)
		return -1;
	if (forms->type == YAML_SCALAR_NODE)
		return sig_error(p, forms,
				 "\"record\" is %s, expected a form such as {packets: 3..} "
				 "or a list of them",
				 sig_show(forms));
	if (forms->type == YAML_MAPPING_NODE ? read_form(p, forms) < 0
					     : sig_list(p, forms, "record", false, read_form) < 0)
		return -1;
	if (flow && sig_knowns(p, flow) < 0)
		return -1;
	if (then && sig_actions(p, then, &p->rule->then) < 0)
		return -1;
	return check(p, n);
}
