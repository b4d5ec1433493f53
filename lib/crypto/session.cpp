#include "crypto/session.hpp"

namespace ipop::crypto {

Session::Session(AeadFactory& aeads, const SessionKeys& keys, Spi send_to, Spi receive_at)
    : sealing_(aeads.make(keys.send)), opening_(aeads.make(keys.receive)), send_to_(send_to), receive_at_(receive_at) {}

Result<void> Session::seal(ByteSpan plaintext, Bytes& out) {
  if (next_counter_ >= hard_limit) return Result<void>(Errc::exhausted, "packets under one key");
  std::array<std::byte, header_size> header{};
  for (std::size_t i = 0; i < 4; ++i)
    header[i] = static_cast<std::byte>((send_to_.value >> (24U - 8U * i)) & 0xffU);
  for (std::size_t i = 0; i < 8; ++i)
    header[4 + i] = static_cast<std::byte>((next_counter_ >> (56U - 8U * i)) & 0xffU);
  out.reserve(out.size() + overhead + plaintext.size());
  append(out, header);
  sealing_->seal(next_counter_, header, plaintext, out);
  ++next_counter_;
  return {};
}

Session::Opened Session::open(ByteSpan packet, Bytes& out) {
  if (packet.size() < overhead) return {Verdict::truncated};
  ByteReader in(packet.subspan(4));
  const auto counter = in.read<std::uint64_t>();
  if (counter >= hard_limit || !window_.is_fresh(counter)) return {Verdict::replayed};
  out.reserve(out.size() + packet.size() - overhead + 1);
  if (!opening_->open(counter, packet.first(header_size), packet.subspan(header_size), out)) return {Verdict::bad_tag};
  const bool is_newest = !window_.highest() || counter > *window_.highest();
  window_.mark(counter);
  return {Verdict::accepted, is_newest};
}

}  // namespace ipop::crypto
