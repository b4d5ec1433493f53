#include "base/errc.hpp"

namespace ipop {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "ipop"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::truncated: return "truncated";
      case Errc::malformed: return "malformed";
      case Errc::unsupported: return "not supported";
      case Errc::too_large: return "too large";
      case Errc::bad_checksum: return "bad checksum or signature";
      case Errc::not_authorized: return "not authorized";
      case Errc::expired: return "expired or not yet valid";
      case Errc::conflict: return "conflict";
      case Errc::not_found: return "not found";
      case Errc::exhausted: return "exhausted";
      case Errc::out_of_range: return "out of range";
    }
    return "unknown error";
  }
};

}  // namespace

std::error_code make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

}  // namespace ipop
