#include "crypto/deflate.hpp"

#define ZLIB_CONST
#include <algorithm>
#include <cassert>
#include <zlib.h>

namespace ipop::crypto {

namespace {

constexpr int window_bits = 12;
static_assert(deflate_window == std::size_t{1} << static_cast<unsigned>(window_bits));
constexpr int raw = -window_bits;  // zlib's word for a stream without header and checksum
constexpr int memory_level = 4;    // tables of 16 KB: these are a few hundred octets

const Bytef* as_zlib(ByteSpan octets) {
  return reinterpret_cast<const Bytef*>(octets.data());
}

ByteSpan last_window(ByteSpan dictionary) {
  return dictionary.last(std::min(dictionary.size(), deflate_window));
}

}  // namespace

Bytes deflate(ByteSpan octets, ByteSpan dictionary) {
  z_stream stream{};
  [[maybe_unused]] int status =
      deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, raw, memory_level, Z_DEFAULT_STRATEGY);
  assert(status == Z_OK);  // else no memory, as when a vector grows
  const ByteSpan known = last_window(dictionary);
  if (!known.empty()) deflateSetDictionary(&stream, as_zlib(known), static_cast<uInt>(known.size()));
  Bytes out(deflateBound(&stream, static_cast<uLong>(octets.size())));
  stream.next_in = as_zlib(octets);
  stream.avail_in = static_cast<uInt>(octets.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  status = ::deflate(&stream, Z_FINISH);
  assert(status == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<Bytes> inflate(ByteSpan packed, ByteSpan dictionary, std::size_t limit) {
  z_stream stream{};
  [[maybe_unused]] int status = inflateInit2(&stream, raw);
  assert(status == Z_OK);
  const ByteSpan known = last_window(dictionary);
  if (!known.empty()) inflateSetDictionary(&stream, as_zlib(known), static_cast<uInt>(known.size()));
  Bytes out(limit + 1);  // one more shows that there is more
  stream.next_in = as_zlib(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  status = ::inflate(&stream, Z_FINISH);
  const bool is_whole = status == Z_STREAM_END && stream.avail_in == 0;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (out.size() > limit) return {Errc::too_large, "octets of a DEFLATE stream"};
  if (!is_whole) return {Errc::malformed, "DEFLATE stream"};
  return out;
}

}  // namespace ipop::crypto
