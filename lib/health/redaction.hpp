#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ipop::health {

/// Takes out of a text what nobody else may read: private keys, tokens of both kinds, and the secrets that it was
/// told of. If asked, every address becomes a number, the same one wherever it stands.
class Redaction {
 public:
  /// `secrets`: texts that open a group, such as its namespace; empty ones are skipped.
  Redaction(std::vector<std::string> secrets, bool hides_addresses)
      : secrets_(std::move(secrets)), hides_addresses_(hides_addresses) {}

  [[nodiscard]] std::string apply(std::string_view text);

 private:
  std::string without_addresses(std::string_view text);

  std::vector<std::string> secrets_;
  bool hides_addresses_;
  std::map<std::string, std::string> names_;
};

}  // namespace ipop::health
