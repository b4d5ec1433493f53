#include "crypto/strangers.hpp"

namespace ipop::crypto {
namespace {

/// What a cookie vouches for besides the source.
Bytes claim_of(const SessionId& session, const NodeId& id) {
  Bytes out = to_bytes(session.octets());
  append(out, id.octets());
  return out;
}

}  // namespace

std::optional<CookieMessage> Strangers::answer(TimePoint now, const Carrier& from, const InitMessage& init) {
  if (!init_limiter_.take(now, from)) return std::nullopt;
  CookieMessage out;
  out.opener = init.opener;
  out.responder_id = self_;
  out.cookie = cookies_.make(now, from.octets(), claim_of(init.opener, init.opener_id));
  return out;
}

bool Strangers::has_good_cookie(TimePoint now, const Carrier& from, const OpenMessage& open) {
  return cookies_.is_good(now, open.cookie, from.octets(), claim_of(open.opener, open.opener_id));
}

}  // namespace ipop::crypto
