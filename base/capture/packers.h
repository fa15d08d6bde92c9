/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_PACKERS_H
#define BASE_CAPTURE_PACKERS_H

#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include "base/library.h"

/* The libraries of compressed captures, loaded when one is opened (base/library.h). */
extern struct library library_lz4, library_lzma, library_zstd;

#define LZ4F_createDecompressionContext                                                            \
	LIBRARY_FUNCTION(library_lz4, LZ4F_createDecompressionContext)
#define LZ4F_decompress		      LIBRARY_FUNCTION(library_lz4, LZ4F_decompress)
#define LZ4F_freeDecompressionContext LIBRARY_FUNCTION(library_lz4, LZ4F_freeDecompressionContext)
#define LZ4F_getErrorName	      LIBRARY_FUNCTION(library_lz4, LZ4F_getErrorName)
#define LZ4F_isError		      LIBRARY_FUNCTION(library_lz4, LZ4F_isError)
#define ZSTD_createDStream	      LIBRARY_FUNCTION(library_zstd, ZSTD_createDStream)
#define ZSTD_decompressStream	      LIBRARY_FUNCTION(library_zstd, ZSTD_decompressStream)
#define ZSTD_freeDStream	      LIBRARY_FUNCTION(library_zstd, ZSTD_freeDStream)
#define ZSTD_getErrorName	      LIBRARY_FUNCTION(library_zstd, ZSTD_getErrorName)
#define ZSTD_isError		      LIBRARY_FUNCTION(library_zstd, ZSTD_isError)
#define lzma_code		      LIBRARY_FUNCTION(library_lzma, lzma_code)
#define lzma_end		      LIBRARY_FUNCTION(library_lzma, lzma_end)
#define lzma_stream_decoder	      LIBRARY_FUNCTION(library_lzma, lzma_stream_decoder)

#endif
