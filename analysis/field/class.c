// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class.c - the name of a class, and which classes hold it
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "analysis/field/class.h"

static const char *place_name(int32_t place)
{
	static const char *const name[CLASS_PLACES] = {"first", "second", "third", "fourth",
						       "later"};

	return place >= 0 && place < CLASS_PLACES ? name[place] : "any";
}

static void size_text(const struct message_class *c, char *buf, size_t room)
{
	buf[0] = '\0';
	if (c->size_min == c->size_max)
		snprintf(buf, room, ", %u B", c->size_min);
	else if (c->size_min || c->size_max != UINT32_MAX)
		snprintf(buf, room, ", %u..%u B", c->size_min, c->size_max);
}

static void prefix_text(const struct message_class *c, char *buf, size_t room)
{
	size_t n = (size_t)snprintf(buf, room, ", begins%s", c->prefix_n ? "" : " otherwise");

	for (uint32_t i = 0; i < c->prefix_n; i++)
		n += (size_t)snprintf(buf + n, room - n, " %02x", c->prefix[i]);
}

const char *class_text(const struct message_class *c, char buf[CLASS_TEXT_MAX])
{
	char size[32], port[16] = "", select[40] = "", prefix[80] = "";

	size_text(c, size, sizeof(size));
	if (c->port)
		snprintf(port, sizeof(port), " port %u", c->port);
	if (c->selects && c->sel_mask == 0xff)
		snprintf(select, sizeof(select), ", byte %u = %02x", c->sel_offset, c->sel_value);
	else if (c->selects)
		snprintf(select, sizeof(select), ", byte %u & %02x = %02x", c->sel_offset,
			 c->sel_mask, c->sel_value);
	if (c->others_n || c->prefix_n)
		prefix_text(c, prefix, sizeof(prefix));
	snprintf(buf, CLASS_TEXT_MAX, "%s %c%s%s %s%s%s%s", c->proto == IPPROTO_UDP ? "udp" : "tcp",
		 c->reply ? '<' : '>',
		 c->p2p	     ? " p2p"
		 : c->no_p2p ? " no p2p"
			     : "",
		 port, place_name(c->place), size, select, prefix);
	return buf;
}

bool class_has(const struct message_class *c, const struct class_marks *m)
{
	if (m->proto != c->proto || m->reply != c->reply ||
	    (c->place >= 0 && m->place != c->place) || m->size < c->size_min ||
	    m->size > c->size_max || (c->port && m->port != c->port))
		return false;
	if ((c->p2p && !m->p2p) || (c->no_p2p && m->p2p) || c->prefix_n > m->kept ||
	    memcmp(c->prefix, m->bytes, c->prefix_n) != 0)
		return false;
	for (uint32_t i = 0; i < c->others_n; i++)
		if (m->kept >= CLASS_PREFIX && !memcmp(c->others[i], m->bytes, CLASS_PREFIX))
			return false;
	return !c->selects ||
	       (c->sel_offset < m->kept && (m->bytes[c->sel_offset] & c->sel_mask) == c->sel_value);
}

/* Every beginning that @whole shuts out is shut out by @part. */
static bool others_same(const struct message_class *whole, const struct message_class *part)
{
	return !whole->others_n || (whole->others_n == part->others_n &&
				    !memcmp(whole->others, part->others, sizeof(whole->others)));
}

/* What @part asks for is asked for by @whole as well, or @whole does not ask. */
static bool selects_same(const struct message_class *whole, const struct message_class *part)
{
	if (!whole->selects)
		return true;
	return part->selects && part->sel_offset == whole->sel_offset &&
	       part->sel_mask == whole->sel_mask && part->sel_value == whole->sel_value;
}

bool class_holds(const struct message_class *whole, const struct message_class *part)
{
	return whole->id != part->id && whole->proto == part->proto &&
	       whole->reply == part->reply && (whole->place < 0 || whole->place == part->place) &&
	       whole->size_min <= part->size_min && whole->size_max >= part->size_max &&
	       (!whole->port || whole->port == part->port) && selects_same(whole, part) &&
	       (!whole->p2p || part->p2p) && (!whole->no_p2p || part->no_p2p) &&
	       others_same(whole, part) && whole->prefix_n <= part->prefix_n &&
	       !memcmp(whole->prefix, part->prefix, whole->prefix_n);
}
