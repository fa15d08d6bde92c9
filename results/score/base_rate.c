// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * base_rate.c - what false positives mean where Skype is rare
 *
 * In the lab a third of all flows may be Skype; on a network perhaps one in ten thousand is. With a
 * share p of Skype, recall R and false positive rate F, precision is pR / (pR + (1 - p)F). Its range
 * takes both at their worse and at their better end: the low end recall's lower and the rate's exact
 * upper bound, the high end recall's upper bound and the rate as it was seen. So a signature without
 * any false positive still has a low end below 1, which says how many negatives it was tried on.
 *
 * Limits: R and F are those of the lab's or the corpus' traffic; a network with other background has
 * another F. The two bounds hold at 95 % each, not together.
 */
#include <math.h>

#include "base/outfile.h"
#include "results/score/base_rate.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

#define HOUR_S	 3600.0
#define MILLION	 1e6
#define TAIL_ONE 0.05

const double base_rate_shares[BASE_RATE_SHARES] = {1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5};

static double precision_at(double share, double recall, double rate)
{
	double right = share * recall, wrong = (1 - share) * rate;

	return right + wrong > 0 ? right / (right + wrong) : 0;
}

struct base_rate base_rate_at(const struct score_row *r, double share)
{
	double recall = score_recall(r), rate = score_fpr(r);
	struct interval bounds = {0, 1};

	if (recall < 0 || rate < 0)
		return (struct base_rate){-1, -1, -1};
	row_recall_interval(r, &bounds);
	return (struct base_rate){
		.precision = precision_at(share, recall, rate),
		.low = precision_at(share, bounds.low, row_fpr_upper(r)),
		.high = precision_at(share, bounds.high, rate),
	};
}

double base_rate_per_million(const struct score_row *r, double *upper)
{
	double rate = score_fpr(r);

	if (rate < 0)
		return -1;
	*upper = row_fpr_upper(r) * MILLION;
	return rate * MILLION;
}

/* The mean m of a Poisson count for which @k or fewer has probability TAIL_ONE: by bisection, since
 * the sum falls as m grows. */
static double poisson_upper(uint64_t k)
{
	double low = 0, high = 10 + 2 * (double)k + 10 * sqrt((double)k);

	for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
		double m = (low + high) / 2, term = exp(-m), sum = term;

		for (uint64_t n = 1; n <= k; n++) {
			term *= m / (double)n;
			sum += term;
		}
		if (sum > TAIL_ONE)
			low = m;
		else
			high = m;
	}
	return (low + high) / 2;
}

double base_rate_per_hour(const struct score_row *r, double *upper)
{
	double hours = (double)r->host_seconds / HOUR_S;

	if (r->unit != UNIT_CLIENT || !r->host_seconds)
		return -1;
	*upper = poisson_upper(r->fp) / hours;
	return (double)r->fp / hours;
}

static void put_number(FILE *f, int decimals, double v)
{
	fputc('\t', f);
	if (v < 0)
		fputc('-', f);
	else
		fprintf(f, "%.*f", decimals, v);
}

static void put_row(FILE *f, const struct score_row *r)
{
	double million_upper = -1, hour_upper = -1;
	unsigned long long spare = r->fp + r->tn;
	double million = base_rate_per_million(r, &million_upper);
	double hour = base_rate_per_hour(r, &hour_upper);

	for (int i = 0; i < BASE_RATE_SHARES; i++) {
		struct base_rate at = base_rate_at(r, base_rate_shares[i]);

		fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%llu\t%llu", source_text(r->source),
			r->traffic_version, r->signature, r->revision, r->vantage,
			score_unit_text(r->unit), (unsigned long long)r->fp, spare);
		put_number(f, 3, million);
		put_number(f, 3, million_upper);
		fprintf(f, "\t%llu", (unsigned long long)r->host_seconds);
		put_number(f, 5, hour);
		put_number(f, 5, hour_upper);
		fprintf(f, "\t%g", base_rate_shares[i]);
		put_number(f, 4, at.precision);
		put_number(f, 4, at.low);
		put_number(f, 4, at.high);
		fprintf(f, "\t%s\n", r->detector);
	}
}

int base_rate_write(const struct score_table *grouped, const char *path, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	fputs("source\ttraffic_version\tsignature\trevision\tvantage\tunit\tfp\tnegatives\t"
	      "fp_per_million\tfp_per_million_upper\thost_seconds\tfp_per_hour\t"
	      "fp_per_hour_upper\tshare\tprecision\tprecision_low\tprecision_high\tdetector\n",
	      o.f);
	for (size_t i = 0; i < grouped->n; i++)
		if (score_unit_has_negatives(grouped->rows[i].unit))
			put_row(o.f, &grouped->rows[i]);
	return outfile_commit(&o, e);
}
