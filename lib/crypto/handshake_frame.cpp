#include "crypto/handshake_frame.hpp"

#include <algorithm>
#include <cassert>

#include "base/machine.hpp"
#include "crypto/hash.hpp"

namespace ipop::crypto {
namespace {

enum class Type : std::uint8_t { init = 1, cookie = 2, open = 3, frame = 4, hint = 5 };

SessionId take_session_id(ByteReader& in) {
  return SessionId(in.take_array<SessionId::size>());
}
NodeId take_node_id(ByteReader& in) {
  return NodeId(in.take_array<NodeId::size>());
}
Cookie take_cookie(ByteReader& in) {
  Cookie out;
  out.issued = in.read<std::uint32_t>();
  out.mac = in.take_array<Cookie::mac_size>();
  return out;
}
bool is_usable(const SessionId& id) {
  return id.spi().value >= first_spi;
}

Result<InitMessage> decode_init(ByteReader& in) {
  InitMessage out;
  out.opener = take_session_id(in);
  out.opener_id = take_node_id(in);
  const ByteSpan padding = in.take(InitMessage::size - handshake_head_size - SessionId::size - NodeId::size);
  if (!in.ok()) return Result<InitMessage>(Errc::truncated, "INIT");
  const bool is_zero = std::ranges::all_of(padding, [](std::byte octet) { return octet == std::byte{0}; });
  if (!in.done() || !is_zero) return Result<InitMessage>(Errc::malformed, "INIT padding");
  if (!is_usable(out.opener)) return Result<InitMessage>(Errc::malformed, "INIT session id");
  return out;
}

Result<CookieMessage> decode_cookie(ByteReader& in) {
  CookieMessage out;
  out.opener = take_session_id(in);
  out.responder_id = take_node_id(in);
  out.cookie = take_cookie(in);
  if (!in.ok()) return Result<CookieMessage>(Errc::truncated, "COOKIE");
  if (!in.done()) return Result<CookieMessage>(Errc::malformed, "octets behind COOKIE");
  if (!is_usable(out.opener)) return Result<CookieMessage>(Errc::malformed, "COOKIE session id");
  return out;
}

Result<OpenMessage> decode_open(ByteReader& in) {
  OpenMessage out;
  out.opener = take_session_id(in);
  out.opener_id = take_node_id(in);
  out.cookie = take_cookie(in);
  const ByteSpan data = in.take_sized16();
  if (!in.ok()) return Result<OpenMessage>(Errc::truncated, "OPEN");
  if (!in.done()) return Result<OpenMessage>(Errc::malformed, "octets behind OPEN");
  if (data.size() > max_frame_data) return Result<OpenMessage>(Errc::too_large, "OPEN data");
  if (!is_usable(out.opener)) return Result<OpenMessage>(Errc::malformed, "OPEN session id");
  out.data = to_bytes(data);
  return out;
}

Result<FrameMessage> decode_frame(ByteReader& in) {
  auto frame = decode_frame_body(in.take_rest());
  if (frame && !is_usable(frame->receiver)) return Result<FrameMessage>(Errc::malformed, "FRAME receiver");
  return frame;
}

Result<HintMessage> decode_hint(ByteReader& in) {
  HintMessage out;
  out.unknown = Spi{in.read<std::uint32_t>()};
  if (!in.ok()) return Result<HintMessage>(Errc::truncated, "HINT");
  if (!in.done()) return Result<HintMessage>(Errc::malformed, "octets behind HINT");
  if (out.unknown.value < first_spi) return Result<HintMessage>(Errc::malformed, "HINT SPI");
  return out;
}

template <class Message>
Result<HandshakeMessage> widen(Result<Message> message) {
  if (!message) return std::move(message).error();
  return HandshakeMessage(std::in_place_type<Message>, std::move(*message));
}

void write_cookie(const Cookie& cookie, ByteWriter& to) {
  to.write(cookie.issued);
  to.write(cookie.mac);
}

struct Head {
  ByteWriter& to;
  const ContextTag& tag;

  void write(Type type) const {
    to.write_zeros(4);
    to.write(handshake_version);
    to.write(static_cast<std::uint8_t>(type));
    to.write_zeros(2);
    to.write(tag);
  }
};

}  // namespace

ContextTag tag_of(ByteSpan context) {
  const Digest256 digest = sha256(context);
  ContextTag out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

bool is_handshake(ByteSpan packet) {
  return packet.size() >= 4 && ByteReader(packet).read<std::uint32_t>() == 0;
}

Result<HandshakeMessage> decode_handshake_message(const ContextTag& tag, ByteSpan packet) {
  ByteReader in(packet);
  const auto spi = in.read<std::uint32_t>();
  const auto version = in.read<std::uint8_t>();
  const auto type = in.read<std::uint8_t>();
  const auto reserved = in.read<std::uint16_t>();
  const auto their_tag = in.take_array<std::tuple_size_v<ContextTag>>();
  if (!in.ok()) return Result<HandshakeMessage>(Errc::truncated, "handshake message");
  if (spi != 0) return Result<HandshakeMessage>(Errc::malformed, "not a handshake message");
  if (version != handshake_version) return Result<HandshakeMessage>(Errc::unsupported, "handshake version");
  if (their_tag != tag) return Result<HandshakeMessage>(Errc::not_authorized, "another context");
  if (reserved != 0) return Result<HandshakeMessage>(Errc::malformed, "reserved bits");
  switch (static_cast<Type>(type)) {
    case Type::init: return widen(decode_init(in));
    case Type::cookie: return widen(decode_cookie(in));
    case Type::open: return widen(decode_open(in));
    case Type::frame: return widen(decode_frame(in));
    case Type::hint: return widen(decode_hint(in));
  }
  return Result<HandshakeMessage>(Errc::unsupported, "handshake type");
}

void encode(const ContextTag& tag, const HandshakeMessage& message, Bytes& out) {
  const std::size_t start = out.size();
  ByteWriter to(out);
  const Head head{to, tag};
  std::visit(Overloaded{
                 [&](const InitMessage& init) {
                   head.write(Type::init);
                   to.write(init.opener.octets());
                   to.write(init.opener_id.octets());
                   to.write_zeros(InitMessage::size - (out.size() - start));
                 },
                 [&](const CookieMessage& cookie) {
                   head.write(Type::cookie);
                   to.write(cookie.opener.octets());
                   to.write(cookie.responder_id.octets());
                   write_cookie(cookie.cookie, to);
                 },
                 [&](const OpenMessage& open) {
                   assert(open.data.size() <= max_frame_data);
                   head.write(Type::open);
                   to.write(open.opener.octets());
                   to.write(open.opener_id.octets());
                   write_cookie(open.cookie, to);
                   to.write_sized16(open.data);
                 },
                 [&](const FrameMessage& frame) {
                   head.write(Type::frame);
                   encode_frame_body(frame, out);
                 },
                 [&](const HintMessage& hint) {
                   head.write(Type::hint);
                   to.write(hint.unknown.value);
                 },
             },
             message);
}

Result<FrameMessage> decode_frame_body(ByteSpan octets) {
  ByteReader in(octets);
  FrameMessage out;
  out.sender = take_session_id(in);
  out.receiver = take_session_id(in);
  out.offset = in.read<std::uint32_t>();
  out.acknowledged = in.read<std::uint32_t>();
  const ByteSpan data = in.take_rest();
  if (!in.ok()) return Result<FrameMessage>(Errc::truncated, "FRAME");
  if (data.size() > max_frame_data) return Result<FrameMessage>(Errc::too_large, "FRAME data");
  if (!is_usable(out.sender)) return Result<FrameMessage>(Errc::malformed, "FRAME sender");
  out.data = to_bytes(data);
  return out;
}

void encode_frame_body(const FrameMessage& frame, Bytes& out) {
  assert(frame.data.size() <= max_frame_data);
  ByteWriter to(out);
  to.write(frame.sender.octets());
  to.write(frame.receiver.octets());
  to.write(frame.offset);
  to.write(frame.acknowledged);
  to.write(frame.data);
}

}  // namespace ipop::crypto
