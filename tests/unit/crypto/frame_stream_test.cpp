#include "crypto/frame_stream.hpp"

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "crypto/handshake_frame.hpp"

namespace ipop::crypto {
namespace {

Bytes sample(std::size_t size) {
  Bytes out(size);
  SeededRng(size).fill(out);
  return out;
}

TEST_CASE("a stream is cut into frames of at most 1100 octets and put together again") {
  FrameStream from;
  FrameStream to;
  const Bytes text = sample(2500);
  CHECK(from.write(text));
  const auto pieces = from.take_unsent();
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[1].offset == max_frame_data);
  CHECK(from.take_unsent().empty());
  for (const auto& piece : pieces)
    CHECK(to.receive(piece.offset, piece.data) == FrameStream::Arrival::progress);
  CHECK(to.take_received() == text);
  CHECK(to.take_received().empty());
  CHECK(to.received() == 2500);
  CHECK_FALSE(from.is_idle());
  CHECK(from.acknowledge(2500));
  CHECK(from.is_idle());
}

TEST_CASE("only what is not acknowledged is sent again") {
  FrameStream stream;
  CHECK(stream.write(sample(2500)));
  CHECK(stream.unacknowledged().empty());
  static_cast<void>(stream.take_unsent());
  CHECK(stream.unacknowledged().size() == 3);
  CHECK(stream.acknowledge(1100));
  CHECK_FALSE(stream.acknowledge(1100));
  CHECK_FALSE(stream.acknowledge(500));
  CHECK_FALSE(stream.acknowledge(2501));
  const auto rest = stream.unacknowledged();
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].offset == 1100);
}

TEST_CASE("doubles are told from news") {
  FrameStream stream;
  const Bytes text = sample(300);
  const ByteSpan span(text);
  CHECK(stream.receive(100, span.subspan(100, 100)) == FrameStream::Arrival::progress);
  CHECK(stream.receive(100, span.subspan(100, 100)) == FrameStream::Arrival::duplicate);
  CHECK(stream.receive(120, span.subspan(120, 10)) == FrameStream::Arrival::duplicate);
  CHECK(stream.take_received().empty());
  CHECK(stream.receive(0, span.first(150)) == FrameStream::Arrival::progress);
  CHECK(stream.take_received() == to_bytes(span.first(200)));
  CHECK(stream.receive(0, span.first(200)) == FrameStream::Arrival::duplicate);
  CHECK(stream.receive(150, span.subspan(150)) == FrameStream::Arrival::progress);
  CHECK(stream.take_received() == to_bytes(span.subspan(200)));
}

TEST_CASE("a stream ends at 32 KiB in both directions") {
  FrameStream stream;
  CHECK(stream.write(Bytes(FrameStream::capacity)));
  CHECK_FALSE(stream.write(Bytes(1)));
  CHECK(stream.receive(FrameStream::capacity - 10, Bytes(10)) == FrameStream::Arrival::progress);
  CHECK(stream.receive(FrameStream::capacity - 10, Bytes(11)) == FrameStream::Arrival::refused);
  CHECK(stream.receive(0xffffffff, Bytes(10)) == FrameStream::Arrival::refused);
}

TEST_CASE("a stream with many gaps takes no more") {
  FrameStream stream;
  FrameStream::Arrival last = FrameStream::Arrival::progress;
  std::uint32_t offset = 2;
  for (int i = 0; i < 100 && last == FrameStream::Arrival::progress; ++i, offset += 2)
    last = stream.receive(offset, Bytes(1));
  CHECK(last == FrameStream::Arrival::refused);
  CHECK(stream.receive(0, Bytes(2)) == FrameStream::Arrival::progress);
}

TEST_CASE("any order of overlapping pieces gives the stream") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SeededRng rng(seed);
    const Bytes text = sample(3000);
    FrameStream stream;
    Bytes out;
    for (int i = 0; i < 10'000 && out.size() < text.size(); ++i) {
      const std::size_t at = rng.below(50) == 0 ? 0 : rng.below(text.size());
      const std::size_t size = std::min<std::size_t>(1 + rng.below(700), text.size() - at);
      static_cast<void>(stream.receive(static_cast<std::uint32_t>(at), ByteSpan(text).subspan(at, size)));
      append(out, stream.take_received());
    }
    CHECK(out == text);
  }
}

}  // namespace
}  // namespace ipop::crypto
