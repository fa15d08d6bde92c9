// SPDX-License-Identifier: GPL-2.0-or-later
/* The emulated clock: jumps over waits, never over packets under way; stamps; truth's digest. */
#include <netinet/in.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/truth.h"
#include "tests/unit/unit.h"

#define EPOCH (1156500000ULL * NS_PER_SEC)

struct seen {
	struct loop *l;
	struct loop_timer t[3];
	char order[8];
	uint64_t at[8];
	int n, rx, tx;
	uint64_t stamp;
};

static void fired(struct seen *s, char c)
{
	s->at[s->n] = loop_elapsed(s->l);
	s->order[s->n++] = c;
}

static void fire_a(void *arg)
{
	fired(arg, 'a');
}

static void fire_b(void *arg)
{
	fired(arg, 'b');
}

static void got_datagram(void *arg, uint32_t events)
{
	struct seen *s = arg;
	char c;

	(void)events;
	ck_assert_int_eq(recv(s->rx, &c, 1, 0), 1);
	fired(s, 'r');
}

static void send_datagram(void *arg)
{
	struct seen *s = arg;

	fired(s, 's');
	ck_assert_int_eq(send(s->tx, "x", 1, 0), 1);
}

/* Two sockets of the loopback; what comes from one to the other is read by the loop. */
static void socket_pair(struct seen *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct err e;

	s->rx = socket(AF_INET, SOCK_DGRAM, 0);
	s->tx = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(s->rx, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(s->rx, (struct sockaddr *)&a, &len), 0);
	ck_assert_int_eq(connect(s->tx, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(loop_fd_add(s->l, s->rx, EPOLLIN, got_datagram, s, &e), 0);
}

/* What is set up before the first run takes no emulated time, however long it really takes. */
START_TEST(time_begins_with_the_run)
{
	struct timespec setup = {0, 30000000};
	struct seen s = {0};
	struct err e = {0};

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	nanosleep(&setup, NULL);
	ck_assert_uint_eq(loop_now(s.l), EPOCH);
	s.t[0] = (struct loop_timer){.fn = fire_a, .arg = &s};
	loop_timer_after(s.l, &s.t[0], 0);
	nanosleep(&setup, NULL);
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	ck_assert_str_eq(s.order, "a");
	ck_assert_uint_lt(s.at[0], 25 * NS_PER_MS);
	loop_free(s.l);
}
END_TEST

START_TEST(an_hour_costs_nothing)
{
	struct seen s = {0};
	struct err e;
	struct timespec a, b;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	s.t[0] = (struct loop_timer){.fn = fire_a, .arg = &s};
	s.t[1] = (struct loop_timer){.fn = fire_b, .arg = &s};
	s.t[2] = (struct loop_timer){.fn = fire_b, .arg = &s};
	loop_timer_after(s.l, &s.t[0], 3600 * NS_PER_SEC);
	loop_timer_after(s.l, &s.t[1], 60 * NS_PER_SEC);
	loop_timer_after(s.l, &s.t[2], 61 * NS_PER_SEC);
	loop_timer_cancel(s.l, &s.t[2]);
	clock_gettime(CLOCK_MONOTONIC, &a);
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ck_assert_str_eq(s.order, "ba");
	ck_assert_uint_ge(s.at[0], 60 * NS_PER_SEC);
	ck_assert_uint_lt(s.at[0], 61 * NS_PER_SEC);
	ck_assert_uint_ge(s.at[1], 3600 * NS_PER_SEC);
	ck_assert_int_lt(b.tv_sec - a.tv_sec, 60);
	loop_free(s.l);
}
END_TEST

/* A datagram on its way is delivered before the clock jumps to a timer far away. */
START_TEST(packets_come_before_jumps)
{
	struct seen s = {0};
	struct timespec now;
	struct err e;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	socket_pair(&s);
	s.t[0] = (struct loop_timer){.fn = send_datagram, .arg = &s};
	s.t[1] = (struct loop_timer){.fn = fire_b, .arg = &s};
	loop_timer_after(s.l, &s.t[0], 10 * NS_PER_SEC);
	loop_timer_after(s.l, &s.t[1], 20 * NS_PER_SEC);
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	ck_assert_str_eq(s.order, "srb");
	ck_assert_uint_lt(s.at[1], 11 * NS_PER_SEC);
	/* a kernel stamp of now is emulated now */
	clock_gettime(CLOCK_REALTIME, &now);
	ck_assert_uint_ge(
		loop_stamp(s.l, (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec),
		EPOCH + 20 * NS_PER_SEC);
	close(s.rx);
	close(s.tx);
	loop_free(s.l);
}
END_TEST

START_TEST(run_until_ends_in_time)
{
	struct seen s = {0};
	struct err e;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	s.t[0] = (struct loop_timer){.fn = fire_a, .arg = &s};
	loop_timer_after(s.l, &s.t[0], 100 * NS_PER_SEC);
	ck_assert_int_eq(loop_run(s.l, EPOCH + 50 * NS_PER_SEC, &e), 0);
	ck_assert_int_eq(s.n, 0);
	ck_assert_uint_ge(loop_elapsed(s.l), 50 * NS_PER_SEC);
	ck_assert_uint_lt(loop_elapsed(s.l), 100 * NS_PER_SEC);
	loop_free(s.l);
}
END_TEST

/* As a tap of a network that is never silent: it ends the loop 2 s after its limit. */
static void always_ready(void *arg, uint32_t events)
{
	struct seen *s = arg;

	(void)events;
	s->n++;
	if (loop_now(s->l) > s->stamp + 2 * NS_PER_SEC)
		loop_stop(s->l);
}

START_TEST(the_real_clock_ends_in_time_however_much_arrives)
{
	struct seen s = {0};
	struct err e;
	int fd = eventfd(1, EFD_CLOEXEC);

	s.l = loop_new(LOOP_REAL, 0, &e);
	ck_assert_int_eq(loop_fd_add(s.l, fd, EPOLLIN, always_ready, &s, &e), 0);
	s.stamp = loop_now(s.l) + 20 * NS_PER_MS;
	ck_assert_int_eq(loop_run(s.l, s.stamp, &e), 0);
	ck_assert_int_gt(s.n, 0);
	ck_assert_uint_ge(loop_now(s.l), s.stamp);
	ck_assert_uint_lt(loop_now(s.l), s.stamp + 2 * NS_PER_SEC);
	close(fd);
	loop_free(s.l);
}
END_TEST

static void busy(void)
{
	struct timespec work = {0, 5 * (long)NS_PER_MS};

	nanosleep(&work, NULL);
}

static void work(void *arg)
{
	fired(arg, 'w');
	busy();
}

static void add_step(void *arg, uint64_t step_ns)
{
	*(uint64_t *)arg += step_ns;
}

/* Work that takes real time, then a timer from there. */
static void work_and_plan(void *arg)
{
	struct seen *s = arg;

	work(s);
	loop_timer_after(s->l, &s->t[1], 10 * NS_PER_MS);
	s->stamp = s->t[1].at_ns - EPOCH;
}

/* The real time that work takes moves nothing that is planned, and nothing that ages. */
START_TEST(plans_count_from_the_time_that_was_due)
{
	struct seen s = {0};
	struct err e;
	uint64_t steps = 0;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	loop_on_jump(s.l, add_step, &steps);
	s.t[0] = (struct loop_timer){.fn = work_and_plan, .arg = &s};
	s.t[1] = (struct loop_timer){.fn = fire_a, .arg = &s};
	s.t[2] = (struct loop_timer){.fn = fire_b, .arg = &s};
	loop_timer_after(s.l, &s.t[0], 10 * NS_PER_SEC);
	loop_timer_after(s.l, &s.t[2],
			 10 * NS_PER_SEC + 2 * NS_PER_MS); /* overdue after the work */
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	ck_assert_str_eq(s.order, "wba");
	ck_assert_uint_eq(s.stamp, 10 * NS_PER_SEC + 10 * NS_PER_MS);
	ck_assert_uint_eq(loop_due(s.l), EPOCH + s.stamp);
	ck_assert_uint_eq(steps, s.stamp);
	loop_free(s.l);
}
END_TEST

static void send_and_work(void *arg)
{
	send_datagram(arg);
	busy();
}

static void fire_planned(void *arg)
{
	struct seen *s = arg;

	s->at[s->n] = loop_due(s->l) - EPOCH;
	s->order[s->n++] = 'p';
}

/* Real time between two runs moves no plan, however long it is. */
START_TEST(a_pause_between_two_runs_plans_nothing)
{
	struct timespec pause = {0, 60000000};
	struct seen s = {0};
	struct err e = {0};

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	for (int i = 0; i < 2; i++) {
		s.t[i] = (struct loop_timer){.fn = fire_planned, .arg = &s};
		loop_timer_after(s.l, &s.t[i], (uint64_t)(20 + 10 * i) * NS_PER_MS);
	}
	ck_assert_int_eq(loop_run(s.l, EPOCH + 10 * NS_PER_MS, &e), 0);
	nanosleep(&pause, NULL);
	ck_assert_uint_eq(loop_due(s.l), EPOCH + 10 * NS_PER_MS);
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	ck_assert_str_eq(s.order, "pp");
	ck_assert_uint_eq(s.at[0], 20 * NS_PER_MS);
	ck_assert_uint_eq(s.at[1], 30 * NS_PER_MS);
	loop_free(s.l);
}
END_TEST

static void send_and_stall(void *arg)
{
	struct timespec stall = {0, 400000000};
	struct seen *s = arg;

	send_datagram(arg);
	nanosleep(&stall, NULL);
	s->stamp = clock_ns(CLOCK_REALTIME);
}

/* What a busy machine keeps us waiting does not pass: not for the clock, and not for a packet that was
 * stamped meanwhile. */
START_TEST(a_stall_is_no_emulated_time)
{
	struct seen s = {0};
	struct err e = {0};
	uint64_t at;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	socket_pair(&s);
	s.t[0] = (struct loop_timer){.fn = send_and_stall, .arg = &s};
	s.t[1] = (struct loop_timer){.fn = fire_b, .arg = &s};
	loop_timer_after(s.l, &s.t[0], NS_PER_SEC);
	loop_timer_after(s.l, &s.t[1], NS_PER_SEC + 200 * NS_PER_MS);
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	ck_assert_str_eq(s.order, "srb");
	ck_assert_uint_lt(s.at[1] - s.at[0], 200 * NS_PER_MS);
	ck_assert_uint_lt(s.at[2] - s.at[0], 300 * NS_PER_MS);
	at = loop_stamp(s.l, s.stamp) - EPOCH;
	ck_assert_uint_ge(at, s.at[0]);
	ck_assert_uint_le(at, s.at[1]);
	close(s.rx);
	close(s.tx);
	loop_free(s.l);
}
END_TEST

/* Two timers of one moment, both overdue: what the first sent is served before the second. */
START_TEST(overdue_timers_wait_for_packets_too)
{
	struct seen s = {0};
	struct err e;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	socket_pair(&s);
	s.t[0] = (struct loop_timer){.fn = send_and_work, .arg = &s};
	s.t[1] = (struct loop_timer){.fn = fire_b, .arg = &s};
	loop_timer_set(s.l, &s.t[0], EPOCH + NS_PER_SEC);
	loop_timer_set(s.l, &s.t[1], EPOCH + NS_PER_SEC);
	ck_assert_int_eq(loop_run(s.l, 0, &e), 0);
	ck_assert_str_eq(s.order, "srb");
	close(s.rx);
	close(s.tx);
	loop_free(s.l);
}
END_TEST

/* A timer up to the limit fires, however late the machine is; none after it does. */
START_TEST(a_limit_is_of_planned_time)
{
	struct seen s = {0};
	struct err e;

	s.l = loop_new(LOOP_VIRTUAL, EPOCH, &e);
	ck_assert_msg(s.l != NULL, "%s", e.msg);
	s.t[0] = (struct loop_timer){.fn = work, .arg = &s};
	s.t[1] = (struct loop_timer){.fn = fire_a, .arg = &s};
	s.t[2] = (struct loop_timer){.fn = fire_b, .arg = &s};
	loop_timer_set(s.l, &s.t[0], EPOCH + NS_PER_SEC);
	loop_timer_set(s.l, &s.t[1], EPOCH + NS_PER_SEC + 2 * NS_PER_MS);
	loop_timer_set(s.l, &s.t[2], EPOCH + NS_PER_SEC + 3 * NS_PER_MS);
	ck_assert_int_eq(loop_run(s.l, EPOCH + NS_PER_SEC + 2 * NS_PER_MS, &e), 0);
	ck_assert_str_eq(s.order, "wa");
	loop_free(s.l);
}
END_TEST

static void fill(struct truth_log *t, bool swap, const char *payload)
{
	struct truth_flow f = {.label = LABEL_SKYPE};
	uint32_t a, b;

	f.tuple.proto = IPPROTO_UDP;
	f.tuple.src = (struct endpoint){ip4(0x0a000001), 1000};
	f.tuple.dst = (struct endpoint){ip4(0x01020304), 33033};
	if (!swap)
		a = truth_flow(t, &f);
	f.tuple.src.port = 1001;
	b = truth_flow(t, &f);
	f.tuple.src.port = 1000;
	if (swap)
		a = truth_flow(t, &f);
	truth_message(t, swap ? b : a, false, swap ? "U2" : "U1", swap ? 9 : 1, swap ? "y" : "x",
		      1);
	truth_message(t, swap ? a : b, false, swap ? "U1" : "U2", swap ? 7 : 2, swap ? "x" : "y",
		      1);
	truth_message(t, a, true, "U4", 3, payload, (uint32_t)strlen(payload));
}

START_TEST(digest_ignores_time_and_order_of_flows_only)
{
	struct truth_log *a = truth_new(), *b = truth_new(), *c = truth_new();
	char ha[65], hb[65], hc[65];

	fill(a, false, "z");
	fill(b, true, "z");
	fill(c, false, "zz");
	truth_digest(a, ha);
	truth_digest(b, hb);
	truth_digest(c, hc);
	ck_assert_str_eq(ha, hb);
	ck_assert_str_ne(ha, hc);
	truth_free(a);
	truth_free(b);
	truth_free(c);
}
END_TEST

START_TEST(an_open_flow_of_truth_is_found_either_way)
{
	struct truth_log *t = truth_new();
	struct truth_flow f = {.label = LABEL_SKYPE}, back;

	f.tuple.proto = IPPROTO_TCP;
	f.tuple.src = (struct endpoint){ip4(0x0a000001), 1000};
	f.tuple.dst = (struct endpoint){ip4(0x01020304), 443};
	back = f;
	back.tuple = (struct tuple){IPPROTO_TCP, f.tuple.dst, f.tuple.src};
	ck_assert_uint_eq(truth_flow(t, &f), 0);
	ck_assert_uint_eq(truth_flow(t, &back), 0);
	truth_close(t, 0, 5);
	ck_assert_uint_eq(truth_flow(t, &f), 1);
	ck_assert_uint_eq(truth_flow(t, &back), 1);
	truth_free(t);
}
END_TEST

UNIT(loop)
{
	unit_case(tc, time_begins_with_the_run);
	unit_case(tc, an_hour_costs_nothing);
	unit_case(tc, packets_come_before_jumps);
	unit_case(tc, plans_count_from_the_time_that_was_due);
	unit_case(tc, a_pause_between_two_runs_plans_nothing);
	unit_case(tc, a_stall_is_no_emulated_time);
	unit_case(tc, overdue_timers_wait_for_packets_too);
	unit_case(tc, a_limit_is_of_planned_time);
	unit_case(tc, run_until_ends_in_time);
	unit_case(tc, the_real_clock_ends_in_time_however_much_arrives);
	unit_case(tc, digest_ignores_time_and_order_of_flows_only);
	unit_case(tc, an_open_flow_of_truth_is_found_either_way);
}
