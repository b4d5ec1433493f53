#include "crypto/session.hpp"

namespace ipop::crypto {

Session::Session(AeadFactory& aeads, const SessionKeys& keys, Spi send_to, Spi receive_at)
    : sealing_(aeads.make(keys.send)), opening_(aeads.make(keys.receive)), send_to_(send_to), receive_at_(receive_at) {}

bool Session::seal_to(ByteSpan plaintext, std::byte* out) {
  if (next_counter_ >= hard_limit) return false;
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = static_cast<std::byte>((send_to_.value >> (24U - 8U * i)) & 0xffU);
  for (std::size_t i = 0; i < 8; ++i)
    out[4 + i] = static_cast<std::byte>((next_counter_ >> (56U - 8U * i)) & 0xffU);
  sealing_->seal_to(next_counter_, ByteSpan(out, header_size), plaintext, out + header_size);
  ++next_counter_;
  return true;
}

Result<void> Session::seal(ByteSpan plaintext, Bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + overhead + plaintext.size());
  if (seal_to(plaintext, out.data() + before)) return {};
  out.resize(before);
  return Result<void>(Errc::exhausted, "packets under one key");
}

Session::Opened Session::open_to(ByteSpan packet, std::byte* out) {
  ByteReader in(packet.subspan(4));
  const auto counter = in.read<std::uint64_t>();
  // No honest peer counts so far: that is noise, and nothing came before that it could repeat.
  if (counter >= hard_limit) return {Verdict::bad_tag};
  if (!window_.is_fresh(counter)) return {Verdict::replayed};
  if (!opening_->open_to(counter, packet.first(header_size), packet.subspan(header_size), out))
    return {Verdict::bad_tag};
  const bool is_newest = !window_.highest() || counter > *window_.highest();
  window_.mark(counter);
  return {Verdict::accepted, is_newest};
}

Session::Opened Session::open_in_place(std::span<std::byte> packet) {
  if (packet.size() < overhead) return {Verdict::truncated};
  return open_to(packet, packet.data() + header_size);
}

Session::Opened Session::open(ByteSpan packet, Bytes& out) {
  if (packet.size() < overhead) return {Verdict::truncated};
  const std::size_t before = out.size();
  const std::size_t size = packet.size() - overhead;
  // One octet more, so that an empty text still has an address.
  out.resize(before + size + 1);
  const Opened opened = open_to(packet, out.data() + before);
  out.resize(opened.verdict == Verdict::accepted ? before + size : before);
  return opened;
}

}  // namespace ipop::crypto
