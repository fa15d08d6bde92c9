/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_DETECTOR_H
#define DETECTOR_DETECTOR_H

/*
 * The detector: a set of signatures, compiled together, and an engine that reads packets in time
 * order and reports events through a callback. The cli prints the events; nothing here prints.
 *
 *	set = signatures_load(names, n, &e);		language/file.h
 *	d = detector_new(set, NULL, fn, arg);		engine/engine.h
 *	detector_packets(d, packets, n);		calls fn(arg, event), see detection.h
 *	detector_reload(d, other, NULL);		engine/reload.h: at any time between packets
 *	detector_finish(d);
 *	detector_free(d);
 *	signatures_free(set);
 */
#include "base/capture/packet.h"
#include "base/err.h"
#include "detector/detection.h"
#include "detector/engine/engine.h"
#include "detector/engine/prefilter.h"
#include "detector/engine/reload.h"
#include "detector/language/event_kind.h"
#include "detector/language/file.h"

#endif
