#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/aead.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::ipop_ctl {

/// The class of a NAT for scripts: the words of docs/control.md.
constexpr std::string_view nat_word(overlay::NatClass nat) {
  switch (nat) {
    case overlay::NatClass::unknown: return "unknown";
    case overlay::NatClass::none: return "none";
    case overlay::NatClass::endpoint_independent: return "endpoint_independent";
    case overlay::NatClass::address_dependent: return "address_dependent";
  }
  return "unknown";
}

/// The same for a person.
constexpr std::string_view nat_text(overlay::NatClass nat) {
  switch (nat) {
    case overlay::NatClass::unknown: return "not known yet";
    case overlay::NatClass::none: return "no NAT";
    case overlay::NatClass::endpoint_independent: return "endpoint-independent";
    case overlay::NatClass::address_dependent: return "address-dependent (symmetric)";
  }
  return "not known yet";
}

/// The encryption of packets, for a person: what it is, and whose code does it here.
inline std::string sealing_text(crypto::AeadSuite suite, const std::string& library) {
  const bool is_chacha20 = suite == crypto::AeadSuite::chacha20_poly1305;
  return std::string(is_chacha20 ? "ChaCha20-Poly1305" : "AES-128-GCM") + (library.empty() ? "" : " by " + library);
}

/// The text form of a value that may be absent; empty when it is.
template <class T>
std::string text_or_empty(const std::optional<T>& value) {
  return value ? to_string(*value) : std::string();
}

}  // namespace ipop::ipop_ctl
