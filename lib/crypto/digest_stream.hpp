#pragma once

#include <memory>

#include "base/bytes.hpp"
#include "crypto/hash.hpp"

namespace ipop::crypto {

/// SHA-256 over octets that come one block after another, as those of a file do.
class DigestStream {
 public:
  DigestStream();
  DigestStream(const DigestStream&) = delete;
  DigestStream& operator=(const DigestStream&) = delete;
  ~DigestStream();

  void update(ByteSpan octets);
  /// The digest of all octets so far; it is asked once.
  [[nodiscard]] Digest256 finish();

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

}  // namespace ipop::crypto
